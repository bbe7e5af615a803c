"""Every way in which the API refuses, by status: its codes are for programs and stay.

The OpenAPI document tells them, docs/api.md explains the statuses, and the tests refuse
an answer whose code is not here.
"""

from collections.abc import Mapping

CODES: Mapping[int, tuple[str, ...]] = {
    400: ("duplicate_field", "invalid", "malformed", "unknown_field"),
    401: ("authentication_failed", "not_authenticated"),
    403: (
        "conflict_of_interest",
        "forbidden",
        "own_rights",
        "own_tokens_only",
        "password_needed",
        "permission_denied",
        "person_needed",
        "second_person_needed",
    ),
    404: ("not_found",),
    405: ("method_not_allowed",),
    406: ("not_acceptable",),
    409: (
        "already_active",
        "already_approved",
        "already_past",
        "artifact_changed",
        "artifact_missing",
        "budget_exceeded",
        "cannot_rehearse",
        "case_differs",
        "clock_wrong",
        "conflict",
        "conflict_of_interest",
        "contains_withdrawn",
        "empty_dataset",
        "file_missing",
        "frozen",
        "idempotency_mismatch",
        "mlflow_off",
        "never_served",
        "no_fallback",
        "no_history",
        "no_recommendation",
        "no_serving_model",
        "nobody_to_confirm",
        "not_allowed",
        "not_eligible",
        "not_expected_current",
        "not_sealed",
        "not_stopped",
        "nothing_new",
        "other_case",
        "own_case",
        "period_in_future",
        "rehearsal_needed",
        "rules_conflict",
        "second_person_needed",
        "second_reviewer_needed",
        "serves_already",
        "serving",
        "stale_state",
        "trainer_not_configured",
        "training_disabled",
    ),
    411: ("length_required",),
    413: ("too_large",),
    415: ("unsupported_media_type",),
    429: ("throttled",),
    500: ("error",),
    503: (
        "clock_wrong",
        "database_unavailable",
        "model_unavailable",
        "no_serving_model",
        "serving_stopped",
    ),
}
# Said on pages and by commands alone.
NOT_OF_THE_API = {"group_changed", "invalid_login", "shown_without_recommendation"}
MEANING: Mapping[int, str] = {
    400: "The request is malformed; nothing was written.",
    401: "No valid token.",
    403: "Not allowed.",
    404: "Not there, or not for you to see.",
    406: "Answers are JSON, but for files.",
    409: "The state of things does not allow it; nothing was changed.",
    411: "The end of the body cannot be told.",
    413: "Too large.",
    415: "A body of an unknown form.",
    429: "More requests a minute than any script means; see Retry-After.",
    500: "It failed on this side.",
    503: "Nothing can answer now.",
}
EVERYWHERE = (401, 403, 406, 429, 500, 503)
OF_A_BODY = (400, 404, 409, 411, 413, 415)
OF_AN_ID = (404, 409)
OF_A_QUERY = (400, 404)


def possible(path: str, *, has_body: bool, has_query: bool) -> list[int]:
    """The statuses with which a request of this kind may be refused."""
    statuses = {*EVERYWHERE}
    if has_body:
        statuses.update(OF_A_BODY)
    if has_query:
        statuses.update(OF_A_QUERY)
    if "{" in path or "/serving" in path:
        statuses.update(OF_AN_ID)
    return sorted(statuses)

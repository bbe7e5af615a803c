"""Every way in which the API refuses, by status: its codes are for programs and stay.

The OpenAPI document tells them, docs/api.md explains the statuses, and the tests refuse
an answer whose code is not here.
"""

from collections.abc import Mapping
from itertools import chain

# With 409, by the part of the API that an address is in. What is not here has none.
ALWAYS = ("conflict", "not_allowed", "stale_state")
SWITCHING = (
    "clock_wrong",
    "conflict_of_interest",
    "contains_withdrawn",
    "frozen",
    "not_eligible",
    "not_expected_current",
    "period_in_future",
    "rehearsal_needed",
    "second_person_needed",
)
CONFLICTS: Mapping[str, tuple[str, ...]] = {
    "approvals": (
        "already_approved",
        "no_recommendation",
        "own_case",
        "second_reviewer_needed",
    ),
    "cases": ("case_differs", "other_case"),
    "datasets": ("empty_dataset", "file_missing"),
    "mlflow": (*SWITCHING, "mlflow_off"),
    "models": (
        "artifact_changed",
        "artifact_missing",
        "file_missing",
        "frozen",
        "never_served",
        "no_fallback",
        "not_eligible",
        "serving",
    ),
    "pipeline": ("already_active", "budget_exceeded", "training_disabled"),
    "serving": (
        *SWITCHING,
        "already_past",
        "cannot_rehearse",
        "no_fallback",
        "no_history",
        "no_serving_model",
        "not_stopped",
        "serves_already",
    ),
    "training": (
        "budget_exceeded",
        "idempotency_mismatch",
        "nobody_to_confirm",
        "not_sealed",
        "nothing_new",
        "rules_conflict",
        "second_person_needed",
        "trainer_not_configured",
        "training_disabled",
    ),
}
READS_WITH_409 = ("/datasets/versions/{id}/download",)

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
    409: tuple(sorted({*ALWAYS, *chain.from_iterable(CONFLICTS.values())})),
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
CONFLICT = 409
OF_A_BODY = (400, 404, 411, 413, 415)
OF_A_QUERY = (400, 404)
API = "/api/v1/"


def possible(path: str, *, has_body: bool, has_query: bool) -> list[int]:
    """The statuses with which a request of this kind may be refused."""
    statuses = {*EVERYWHERE}
    if has_body:
        statuses.update(OF_A_BODY)
    if has_query:
        statuses.update(OF_A_QUERY)
    if "{" in path or "/serving" in path:
        statuses.add(404)
    if part_of(path) and (has_body or path.endswith(READS_WITH_409)):
        statuses.add(CONFLICT)
    return sorted(statuses)


def part_of(path: str) -> str:
    """The part of the API that an address is in, if its state may refuse; else ""."""
    part = path.removeprefix(API).partition("/")[0]
    return part if part in CONFLICTS else ""


def conflicts(path: str) -> tuple[str, ...]:
    """The codes with which 409 may come there."""
    part = part_of(path)
    return tuple(sorted({*ALWAYS, *CONFLICTS[part]})) if part else ()

"""Codes of the audit trail in people's words."""

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mlops.choices import Problem
from mlops.policy_text import policy_words, role_words
from preciso.trainers import TRAINERS
from training.choices import (
    GateStatus,
    JobFlow,
    JobKind,
    ReviewSource,
    RunStatus,
)
from training.models import TrainingPolicy
from training.reasons import REASONS

AREAS: dict[str, str | Promise] = {
    "case": _("Cases and reviews"),
    "dataset": _("Datasets"),
    "training": _("Training"),
    "job": _("Jobs"),
    "model": _("Model versions"),
    "serving": _("Serving"),
    "freeze": _("Freeze windows"),
    "policy": _("Policy and switches"),
    "token": _("API tokens"),
    "person": _("People"),
    "role": _("Roles"),
    "account": _("Service accounts"),
    "mlflow": _("MLflow mirror"),
    "evidence": _("Evidence packs"),
    "audit": _("Audit trail"),
    "access": _("Access log"),
}
ACTIONS: dict[str, str | Promise] = {
    "case.posted": _("Case came in"),
    "case.corrected": _("Case corrected"),
    "case.approved": _("Case approved"),
    "case.needs_second": _("Case sent to a second reviewer"),
    "case.rejected": _("Case rejected"),
    "case.changes_requested": _("Case sent back"),
    "case.withdrawn": _("Approval withdrawn"),
    "case.reopened": _("Decision on a case taken back"),
    "case.taken_over": _("Case taken over from who had it open"),
    "case.outcome_recorded": _("Outcome recorded"),
    "dataset.opened": _("Dataset opened"),
    "dataset.samples_moved": _("Samples left for the next dataset"),
    "dataset.frozen": _("Dataset closed for sealing"),
    "dataset.sealed": _("Dataset sealed"),
    "training.submitted": _("Training asked for"),
    "training.finished": _("Result of a training saved"),
    "job.submitted": _("Job submitted"),
    "job.cancel_requested": _("Job asked to stop"),
    "job.canceled": _("Job canceled"),
    "job.retried": _("Job retried"),
    "job.completed": _("Job completed"),
    "job.failed": _("Job failed"),
    "job.retrying": _("Job will be tried again"),
    "job.dead_letter": _("Job given up"),
    "job.discarded": _("Job put aside"),
    "model.registered": _("Model version made"),
    "model.checked": _("Model version checked"),
    "model.quarantined": _("Model version put in quarantine"),
    "model.quarantine_lifted": _("Quarantine of a model version lifted"),
    "model.withdrawn_accepted": _("Withdrawn samples of a model version accepted"),
    "model.promoted": _("Model version took over by itself"),
    "model.not_promoted": _("Model version did not take over by itself"),
    "serving.selected": _("Serving model selected"),
    "serving.selected_in_freeze": _("Serving model selected in a freeze"),
    "serving.selected_by_two": _("Serving model selected by two people"),
    "serving.switch_requested": _("Switch requested under the rule of two people"),
    "serving.switch_confirmed": _("Switch confirmed by a second person"),
    "serving.switch_refused": _("Switch refused by a second person"),
    "serving.taken_over": _("Serving model changed by itself"),
    "serving.rolled_back": _("Serving model rolled back"),
    "serving.rehearsed": _("Model version rehearsed"),
    "serving.hold_released": _("Promotion hold lifted"),
    "serving.stopped": _("Serving stopped: people decide"),
    "serving.started": _("Serving started again"),
    "serving.fallback_named": _("Fallback named"),
    "serving.fallback_cleared": _("Fallback cleared"),
    "serving.switched_to_fallback": _("Serving model switched to the fallback"),
    "serving.put_right": _("Serving periods corrected"),
    "freeze.planned": _("Freeze planned"),
    "freeze.called_off": _("Freeze called off"),
    "freeze.switch_requested": _("Switch during a freeze requested"),
    "freeze.switch_confirmed": _("Switch in a freeze confirmed"),
    "freeze.switch_refused": _("Switch in a freeze refused"),
    "policy.changed": _("Policy changed"),
    "policy.loosening_asked": _("Loosening of a four-eyes rule requested"),
    "policy.loosening_confirmed": _("Loosening of a four-eyes rule confirmed"),
    "policy.loosening_declined": _("Loosening of a four-eyes rule declined"),
    "policy.loosening_expired": _(
        "Loosening of a four-eyes rule not confirmed in time"
    ),
    "policy.loosened_on_server": _("Four-eyes rule loosened on the server, by one"),
    "token.created": _("API token made"),
    "token.revoked": _("API token revoked"),
    "person.created": _("Person added"),
    "person.roles_changed": _("Roles changed"),
    "person.switched_off": _("Person switched off"),
    "person.switched_on": _("Person switched on again"),
    "person.password_reset": _("Password made anew"),
    "person.password_changed": _("Own password changed"),
    "person.rights_changed": _("Rights of a person changed"),
    "person.signed_out": _("Signed out everywhere"),
    "person.renamed": _("Name changed"),
    "person.preferences_changed": _("Language or time zone chosen"),
    "person.added": _("Person added in the admin"),
    "person.changed": _("Person changed in the admin"),
    "person.deleted": _("Person deleted in the admin"),
    "role.added": _("Role added in the admin"),
    "role.changed": _("Role changed in the admin"),
    "role.deleted": _("Role deleted in the admin"),
    "role.created": _("Role made"),
    "role.renamed": _("Role renamed"),
    "role.rights_changed": _("Rights of a role changed"),
    "account.created": _("Service account made"),
    "mlflow.run_started": _("MLflow run asked for"),
    "mlflow.tried_again": _("MLflow mirror tried again"),
    "evidence.packed": _("Evidence packed"),
    "audit.exported": _("Audit trail exported"),
    "access.exported": _("Access log exported"),
    "access.day_closed": _("Day of the access log closed"),
    "audit.records_introduced": _("From here on entries carry hashes of records"),
    "audit.taken_over": _("Records of before taken over as they are"),
    "audit.all_taken_over": _("All records of before are taken over"),
    "audit.covered": _("Hashes of recorded answers and decisions stored"),
    "audit.refused": _("Sealing of the audit trail refused"),
    "audit.accepted": _("Finding about the audit trail accepted"),
    "audit.anchored": _("Head of the audit trail stored elsewhere"),
    "audit.rules_missing": _("Rules of the database found missing or replaced"),
    "audit.rules_put_up": _("Rules of the database put up again"),
}
DETAILS: dict[str, str | Promise] = {
    "decision": _("decision"),
    "reason": _("reason"),
    "reasoning": _("reasoning"),
    "rationale": _("rationale"),
    "confidence": _("confidence"),
    "source": _("through"),
    "before": _("before"),
    "parts": _("what changed"),
    "facts": _("facts"),
    "protected": _("protected attributes"),
    "before_sha256": _("fingerprint before"),
    "gate": _("check"),
    "flow": _("way"),
    "kind": _("kind"),
    "problem": _("problem"),
    "user": _("person"),
    "asked_by": _("asked for by"),
    "account": _("account on the server"),
    "name": _("name"),
    "starts_at": _("from"),
    "ends_at": _("until"),
    "withdrawn": _("withdrawn samples"),
    "expires_at": _("ends"),
    "status": _("status"),
    "sha256": _("fingerprint"),
    "samples": _("samples"),
    "sample_count": _("samples"),
    "number": _("number"),
    "model": _("model"),
    "trainer": _("trainer"),
    "attempt": _("attempt"),
    "scopes": _("rights"),
    "note": _("note"),
    "outcome": _("outcome"),
    "version": _("version"),
    "head": _("head of the pack"),
    "bytes": _("bytes"),
    "items": _("items"),
    "cases": _("cases"),
    "changed": _("answers that change"),
    "away": _("away from the reviewers"),
    "entries": _("entries"),
    "form": _("as"),
    "narrowed": _("narrowed to"),
    "roles": _("roles"),
    "gained": _("may now"),
    "lost": _("may no longer"),
    "owner": _("owner"),
    "sessions": _("sessions"),
    "purpose": _("purpose"),
    "language": _("language"),
    "time_zone": _("time zone"),
    "changes": _("changes"),
}
WAYS: dict[str, str | Promise] = {
    "page": _("page"),
    "api": _("API"),
    "admin": _("Django admin"),
    "command": _("command"),
}
PARTS: dict[str, str | Promise] = {  # of a case
    "title": _("title"),
    "facts": _("facts"),
    "protected": _("protected attributes"),
    "evidence": _("evidence"),
    "recommendation": _("recommendation"),
}
CODES: dict[str, Any] = {
    "source": ReviewSource,
    "gate": GateStatus,
    "flow": JobFlow,
    "kind": JobKind,
    "status": RunStatus,
    "problem": Problem,
}
ROWS = {
    "review",
    "sample",
    "run",
    "job",
    "period",
    "dataset",
    "content_sha256",
    "rehearsal",
    "reading",  # by person, so only for who may see that: on the case's page
    "revision",
    "was_sha256",
}
FINGERPRINT = 12
ARROW = "\N{RIGHTWARDS ARROW}"
Particular = tuple[str | Promise, Any]


def detail_words(detail: dict[str, Any]) -> list[Particular]:
    """The particulars a person can read: no ids of rows, no codes, no empty values."""
    before, after = detail.get("before"), detail.get("after")
    changes: list[Particular] = []
    if isinstance(before, dict) and isinstance(after, dict):
        changed = {k: v for k, v in after.items() if v != before.get(k)}
        changes = [_change(name, before.get(name), v) for name, v in changed.items()]
        detail = {k: v for k, v in detail.items() if k not in ("before", "after")}
    return changes + [
        (DETAILS.get(key, key.replace("_", " ")), _value_in_words(key, value))
        for key, value in detail.items()
        if value not in (None, "", [], {}) and key not in ROWS
    ]


def _change(name: str, before: Any, after: Any) -> Particular:
    """A field of the policy or of a person, by the name it has on the pages."""
    known = {field.name: field for field in TrainingPolicy._meta.concrete_fields}
    label = (
        known[name].verbose_name
        if name in known
        else DETAILS.get(name, name.replace("_", " "))
    )
    return label, f"{policy_words(name, before)} {ARROW} {policy_words(name, after)}"


def way_words(via: str, token: str) -> str:
    """How an event came in; what the system does by itself came in no way."""
    if token:
        return gettext("API, token %(prefix)s…") % {"prefix": token}
    return str(WAYS.get(via, ""))


def _value_in_words(key: str, value: Any) -> Any:
    if key.endswith("sha256"):
        return str(value)[:FINGERPRINT]
    if key.endswith("_at"):
        return date_format(localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT")
    if key == "roles":
        return role_words(value)
    if key == "changes" and isinstance(value, list):
        return _fields_named(value)
    if key == "before" and isinstance(value, dict):  # of a case, as it once was told
        return ", ".join(str(PARTS.get(part, part)) for part in value)
    if key == "parts":
        return ", ".join(str(PARTS.get(part, part)) for part in value)
    if key == "reason" and value in REASONS:
        return REASONS[value].sentence
    if key == "trainer" and value in TRAINERS:
        return TRAINERS[value].label
    codes = CODES.get(key)
    return codes(value).label if codes and value in codes.values else value


def _fields_named(message: list[dict[str, dict[str, Any]]]) -> str:
    """What the admin says it has changed, without the form it says it in."""
    changes = [change for part in message for change in part.values()]
    names = [
        name
        for change in changes
        for name in change.get("fields", [change.get("name")])
    ]
    return ", ".join(gettext(name).lower() for name in names if name)

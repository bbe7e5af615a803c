"""Codes of the audit trail in people's words."""

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from mlops.choices import Problem
from training.choices import (
    GateStatus,
    JobFlow,
    JobKind,
    ReviewSource,
    RunStatus,
    TrainerName,
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
    "policy": _("Policy and switches"),
    "token": _("API tokens"),
    "mlflow": _("MLflow mirror"),
}
ACTIONS: dict[str, str | Promise] = {
    "case.posted": _("Case came in"),
    "case.corrected": _("Case corrected"),
    "case.approved": _("Case approved"),
    "case.needs_second": _("Case sent to a second reviewer"),
    "case.rejected": _("Case rejected"),
    "case.changes_requested": _("Case sent back"),
    "case.withdrawn": _("Approval withdrawn"),
    "case.outcome_recorded": _("Outcome recorded"),
    "dataset.opened": _("Dataset opened"),
    "dataset.frozen": _("Dataset closed for sealing"),
    "dataset.sealed": _("Dataset sealed"),
    "training.submitted": _("Training asked for"),
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
    "serving.selected": _("Serving model selected"),
    "serving.rolled_back": _("Serving model rolled back"),
    "serving.hold_released": _("Promotion hold lifted"),
    "policy.changed": _("Policy changed"),
    "token.created": _("API token made"),
    "token.revoked": _("API token revoked"),
    "mlflow.run_started": _("MLflow run asked for"),
    "mlflow.tried_again": _("MLflow mirror tried again"),
}
DETAILS: dict[str, str | Promise] = {
    "decision": _("decision"),
    "reason": _("reason"),
    "reasoning": _("reasoning"),
    "rationale": _("rationale"),
    "confidence": _("confidence"),
    "source": _("through"),
    "before": _("before"),
    "gate": _("check"),
    "flow": _("way"),
    "kind": _("kind"),
    "problem": _("problem"),
    "user": _("person"),
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
}
ROLES: dict[str, str | Promise] = {  # a company's own roles stay as it named them
    "Viewer": pgettext_lazy("role", "Viewer"),
    "Reviewer": pgettext_lazy("role", "Reviewer"),
    "Operator": pgettext_lazy("role", "Operator"),
    "Integration": pgettext_lazy("role", "Integration"),
    "Admin": pgettext_lazy("role", "Admin"),
}
CODES: dict[str, Any] = {
    "source": ReviewSource,
    "gate": GateStatus,
    "flow": JobFlow,
    "kind": JobKind,
    "status": RunStatus,
    "problem": Problem,
    "trainer": TrainerName,
}
ROWS = {"review", "sample", "run", "job", "period", "dataset", "content_sha256"}
FINGERPRINT = 12
ARROW = "\N{RIGHTWARDS ARROW}"
Particular = tuple[str | Promise, Any]


def detail_words(detail: dict[str, Any]) -> list[Particular]:
    """The particulars a person can read: no ids of rows, no codes, no empty values."""
    before, after = detail.get("before"), detail.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        return [_change(name, before.get(name), value) for name, value in after.items()]
    return [
        (DETAILS.get(key, key.replace("_", " ")), _shown(key, value))
        for key, value in detail.items()
        if value not in (None, "", [], {}) and key not in ROWS
    ]


def _change(name: str, before: Any, after: Any) -> Particular:
    """One field of the policy, by the name it has on the settings page."""
    known = {field.name: field for field in TrainingPolicy._meta.concrete_fields}
    label = known[name].verbose_name if name in known else name.replace("_", " ")
    return label, f"{_plain(before)} {ARROW} {_plain(after)}"


def _plain(value: Any) -> str:
    words = {None: gettext("not set"), True: gettext("yes"), False: gettext("no")}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def _shown(key: str, value: Any) -> Any:
    if key.endswith("sha256"):
        return str(value)[:FINGERPRINT]
    if key.endswith("_at"):
        return date_format(localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT")
    if key == "reason" and value in REASONS:
        return REASONS[value].sentence
    codes = CODES.get(key)
    return codes(value).label if codes and value in codes.values else value

"""Settings: switches with their source, effect and history; the API tokens."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mlops.pages.shared import audit_trail
from mlops.pages.shared.audit_labels import ACTIONS
from training.models import ApiToken, AuditEvent, ServiceAccount
from training.services.policy import policies

FROM_ENVIRONMENT = _("the environment")
FROM_HERE = _("this page")
MOST_HISTORY = 10
POLICY_EVENTS = [name for name in ACTIONS if name.startswith("policy.")]


@dataclass(frozen=True)
class SettingRow:
    """One switch or value: what it is, who says so, what it does."""

    name: str
    label: str | Promise
    value: Any
    source: str | Promise
    effect: str | Promise
    is_ours: bool = False  # the settings page may say otherwise than the environment
    is_overridden: bool = False


def switches() -> list[SettingRow]:
    """What is on or off, with who says so and what it does."""
    policy = policies.policy()
    here = policies.switched_by(policy) == "policy"
    return [
        SettingRow(
            "TRAINING_JOBS_ENABLED",
            _("Training jobs"),
            settings.TRAINING_JOBS_ENABLED,
            FROM_ENVIRONMENT,
            _("Off: a training is recorded as skipped and nothing runs."),
        ),
        SettingRow(
            "AUTO_TRAIN_ON_APPROVAL",
            _("Auto"),
            policies.is_enabled(policy),
            FROM_HERE if here else FROM_ENVIRONMENT,
            _("On: approvals start a training by themselves when all rules allow it."),
            is_ours=True,
            is_overridden=here,
        ),
        SettingRow(
            "MLFLOW_TRACKING_URI",
            _("MLflow mirror"),
            settings.MLFLOW_TRACKING_URI != "off",
            FROM_ENVIRONMENT,
            _("Off: runs and versions are not copied to MLflow; all else works."),
        ),
    ]


def values() -> list[SettingRow]:
    """What whoever runs the server has set, each with what it does."""
    protected = ", ".join(settings.PROTECTED_ATTRIBUTES) or _("none named")
    rows: list[tuple[str, str | Promise, Any, str | Promise]] = [
        (
            "TRAINING_MODEL_NAME",
            _("Model name"),
            settings.TRAINING_MODEL_NAME,
            _("New versions are numbered under this name."),
        ),
        (
            "TRAINER",
            _("Trainer"),
            settings.TRAINER,
            _("What trains when nobody says otherwise."),
        ),
        (
            "EVAL_SHARE",
            _("Held-out share, %"),
            settings.EVAL_SHARE,
            _("This share of cases is never trained on, only measured with."),
        ),
        (
            "PROTECTED_ATTRIBUTES",
            _("Protected attributes"),
            protected,
            _("Kept for fairness checks; never shown to a model."),
        ),
    ]
    return [
        SettingRow(name, label, value, FROM_ENVIRONMENT, effect)
        for name, label, value, effect in rows
    ]


def tokens() -> tuple[list[ApiToken], list[ApiToken]]:
    """All tokens, those that work first, and apart from them those that nobody uses.

    Unused ones still work; the longest unused comes first.
    """
    all_of_them = ApiToken.objects.select_related("user")
    idle = list(all_of_them.idle())
    known = {token.pk for token in idle}
    rows = all_of_them.order_by(F("revoked_at").asc(nulls_first=True), "-created_at")
    return [token for token in rows if token.pk not in known], idle


def accounts() -> list[ServiceAccount]:
    """Programs that sign in, with who answers for each."""
    rows = ServiceAccount.objects.select_related("user", "owner")
    return list(rows.prefetch_related("user__groups").order_by("user__username"))


def policy_history(names: Iterable[str]) -> list[audit_trail.TrailEntry]:
    """Who set these fields of the policy, newest first, each with before and after.

    An event holds every field that was sent along; only these fields are shown.
    """
    fields = list(names)
    rows = AuditEvent.objects.for_table().filter(
        action__in=POLICY_EVENTS, detail__after__has_any_keys=fields
    )
    entries: list[audit_trail.TrailEntry] = []
    for row in rows[: 5 * MOST_HISTORY]:
        row.detail = {
            # Of before and after these fields alone; a reason or a name stays.
            key: {name: value[name] for name in fields if name in value}
            if isinstance(value, dict)
            else value
            for key, value in row.detail.items()
        }
        entries += [entry for entry in audit_trail.entries([row]) if entry.details]
    return entries[:MOST_HISTORY]

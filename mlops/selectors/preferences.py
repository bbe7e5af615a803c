"""The settings page: switches with their source and effect, people, tokens."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from training.models import ApiToken
from training.services import policies

FROM_ENVIRONMENT = _("the environment")
FROM_HERE = _("this page")


@dataclass(frozen=True)
class Flag:
    """One switch or value: what it is, who says so, what it does."""

    name: str
    label: str | Promise
    value: Any
    source: str | Promise
    effect: str | Promise
    is_switch: bool = False


def flags() -> list[Flag]:
    """The switches, then the values, each with who says so and what it does."""
    return [*_switches(), *_values()]


def _switches() -> list[Flag]:
    policy = policies.policy()
    here = policies.switched_by(policy) == "policy"
    return [
        Flag(
            "TRAINING_JOBS_ENABLED",
            _("Training jobs"),
            settings.TRAINING_JOBS_ENABLED,
            FROM_ENVIRONMENT,
            _("Off: a training is recorded as skipped and nothing runs."),
            is_switch=True,
        ),
        Flag(
            "AUTO_TRAIN_ON_APPROVAL",
            _("Auto"),
            policies.is_enabled(policy),
            FROM_HERE if here else FROM_ENVIRONMENT,
            _("On: approvals start a training by themselves when all rules allow it."),
            is_switch=True,
        ),
        Flag(
            "MLFLOW_TRACKING_URI",
            _("MLflow mirror"),
            settings.MLFLOW_TRACKING_URI != "off",
            FROM_ENVIRONMENT,
            _("Off: runs and versions are not copied to MLflow; all else works."),
            is_switch=True,
        ),
    ]


def _values() -> list[Flag]:
    protected = ", ".join(settings.PROTECTED_ATTRIBUTES) or _("none named")
    values: list[tuple[str, str | Promise, Any, str | Promise]] = [
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
        Flag(name, label, value, FROM_ENVIRONMENT, effect)
        for name, label, value, effect in values
    ]


def people() -> list[User]:
    return list(User.objects.prefetch_related("groups").order_by("username"))


def roles() -> list[Group]:
    return list(Group.objects.order_by("name"))


def tokens() -> list[ApiToken]:
    """All that were ever made, usable ones first."""
    return list(
        ApiToken.objects.select_related("user").order_by("revoked_at", "-created_at")
    )

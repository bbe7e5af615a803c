"""The vocabulary of serving."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PeriodKind(models.TextChoices):
    SELECT = "select", _("Selected")
    ROLLBACK = "rollback", _("Rolled back")
    AUTO = "auto", _("Promoted by Auto")
    BREAK_GLASS = "break_glass", _("Selected by two people in a freeze")
    TWO_PEOPLE = "two_people", _("Selected by two people")
    STOPPED = "stopped", _("Stopped: people decide")
    STARTED = "started", _("Started again")
    FALLBACK = "fallback", _("Switched to the fallback")


FROZEN_KINDS = (
    PeriodKind.SELECT,
    PeriodKind.AUTO,
    PeriodKind.TWO_PEOPLE,
)  # not begun in a freeze window


class Problem(models.TextChoices):
    """Why a model version may not serve."""

    ARTIFACT_MISSING = "artifact_missing", _("Its model files are gone.")
    ARTIFACT_CHANGED = (
        "artifact_changed",
        _("Its model files are not the ones that were registered."),
    )
    UNKNOWN_FLAVOR = (
        "unknown_flavor",
        _("No predictor here can load this kind of model."),
    )
    DOES_NOT_LOAD = "does_not_load", _("Its model files cannot be loaded.")
    PROBE_FAILED = "probe_failed", _("It does not answer a test case.")
    QUARANTINED = "quarantined", _("A person put it in quarantine.")


class MirrorTrouble(models.TextChoices):
    """Why MLflow did not take something."""

    NO_ANSWER = "no_answer", _("MLflow does not answer at its address.")
    NOT_LET_IN = "not_let_in", _("MLflow does not let us in.")
    NO_ROOM = "no_room", _("MLflow has no room left on its disk.")
    NOT_YET = "not_yet", _("It waits for something that MLflow must be told before.")
    REFUSED = "refused", _("MLflow refused something; what it said is below.")


class OutboxKind(models.TextChoices):
    RUN_STARTED = "run_started", _("Run started by hand")
    VERSION_REGISTERED = "version_registered", _("Run and model version")
    SERVING_CHANGED = "serving_changed", _("Serving model changed")

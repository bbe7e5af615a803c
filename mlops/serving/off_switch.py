"""The off switch: people decide until somebody starts serving again.

Nothing holds it up: no freeze, no rehearsal, no second person, no period that a wrong
clock put in the future.
"""

from datetime import timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from mlops.choices import PeriodKind
from mlops.models import ModelVersion, ServingPeriod
from mlops.serving import period_corrections, selection
from mlops.serving.model_registry import check_version
from mlops.serving.periods import Opening, lock, open_period, require_right_clock
from preciso import clock
from preciso.request_cache import read_once
from training.errors import NotAllowedNow, StaleState
from training.models import AuditEvent
from training.models.audit import Actor
from training.values import stated_reason

DRILL_EVERY = timedelta(days=90)


@transaction.atomic
def stop_serving(
    *, by: Actor, reason: str, drill: bool = False
) -> tuple[ServingPeriod, bool]:
    """No version serves from now on; returns the open period and whether it changed.

    ``drill``: it is done to see that it works, and is told so. Stopping what is
    stopped changes nothing. Raises InvalidInput without a reason, NotAllowedNow where
    nothing serves, and ClockWrong only where the database has no clock of its own.
    """
    reason = require_reason(reason)
    if connection.vendor == "sqlite":
        require_right_clock()
    current = lock(None)
    if current is None:
        raise NotAllowedNow(
            _("No model serves yet, so there is nothing to stop."),
            code="no_serving_model",
        )
    if current.is_stopped:
        return current, False
    if period_corrections.periods_in_future():
        period_corrections.put_periods_right(by=by, reason=reason)
        current.refresh_from_db()
    period = open_period(
        current,
        Opening(None, PeriodKind.STOPPED, by, reason, below=current, drill=drill),
    )
    AuditEvent.objects.record(
        "serving.stopped",
        actor=by,
        subject=current.model_version or current,
        records=period.switched(),
        period=period.pk,
        before=str(current.model_version),
        drill=drill,
        reason=reason,
    )
    return period, True


def start_serving(*, by: Actor, reason: str) -> ServingPeriod:
    """What served before it was stopped serves again.

    Neither a freeze nor a withdrawn sample holds it up, as with a rollback. Raises
    InvalidInput without a reason, NotAllowedNow where nothing is stopped, NotEligible
    where that version cannot answer.
    """
    reason = require_reason(reason)
    require_right_clock()
    checked = _checked(stopped_version(selection.current_period()))
    with transaction.atomic():
        current = lock(None)
        if current is None or not current.is_stopped:
            raise not_stopped()
        below = current.below
        if checked is None or below is None or below.model_version_id != checked.pk:
            raise StaleState(_("Somebody switched the model meanwhile; look again."))
        selection.require_sound(checked)
        period = open_period(
            current,
            Opening(checked, PeriodKind.STARTED, by, reason, below=below.below),
        )
        AuditEvent.objects.record(
            "serving.started",
            actor=by,
            subject=checked,
            records=period.switched(),
            period=period.pk,
            drill=current.drill,
            withdrawn=checked.withdrawn,
            reason=reason,
        )
    return period


def stopped_version(period: ServingPeriod | None) -> ModelVersion | None:
    """What starting again would bring back; None where nothing is stopped."""
    if period is None or not period.is_stopped or period.below_id is None:
        return None
    return ModelVersion.objects.filter(periods=period.below_id).first()


@read_once
def last_drill() -> ServingPeriod | None:
    """The newest drill that is over: it was started again."""
    over = ServingPeriod.objects.filter(drill=True, until__isnull=False)
    return over.select_related("by").order_by("-pk").first()


@read_once
def is_drill_due() -> bool:
    """Something serves, and for a quarter nobody has tried to stop it."""
    if not ServingPeriod.objects.open().with_version().exists():
        return False
    drill = last_drill()
    return drill is None or drill.since < clock.database_now() - DRILL_EVERY


def require_reason(reason: str) -> str:
    """It is kept in the history. Raises InvalidInput: none, or too long."""
    return stated_reason(reason, _("Give a reason: it is kept in the history."))


def not_stopped() -> NotAllowedNow:
    return NotAllowedNow(
        _("Serving is not stopped, so there is nothing to start again."),
        code="not_stopped",
    )


def _checked(version: ModelVersion | None) -> ModelVersion | None:
    return check_version(version) if version else None

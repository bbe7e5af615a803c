"""The off switch: people decide until somebody starts serving again.

Nothing delays a stop: no freeze, no rehearsal, no second person, and no period that a
wrong clock put in the future.
"""

from datetime import timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from mlops.choices import PeriodKind
from mlops.models import ModelVersion, ServingPeriod
from mlops.serving import period_corrections, selection
from mlops.serving.model_registry import check_version
from mlops.serving.periods import (
    Opening,
    lock,
    open_period,
    require_right_clock,
    switched_meanwhile,
)
from preciso import clock
from preciso.request_cache import read_once
from training.errors import NotAllowedNow
from training.models import AuditEvent
from training.models.audit import Actor
from training.values import stated_reason

DRILL_EVERY = timedelta(days=90)


@transaction.atomic
def stop_serving(
    *, by: Actor, reason: str, drill: bool = False
) -> tuple[ServingPeriod, bool]:
    """Let no version serve; returns the open period and whether it changed.

    ``drill``: the stop is made to see that it works, and the period says so. Stopping
    where serving is stopped changes nothing. Raises InvalidInput without a reason,
    NotAllowedNow where nothing serves, ClockWrong on SQLite only.
    """
    reason = require_reason(reason)
    # PostgreSQL stamps the period by its own clock; SQLite has none but this machine's.
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
    """Let the version serve again that was stopped.

    Neither a freeze nor a withdrawn sample delays it, as with a rollback. Raises
    InvalidInput without a reason, NotAllowedNow where nothing is stopped, StaleState
    after another switch, NotEligible where that version cannot answer.
    """
    reason = require_reason(reason)
    require_right_clock()
    version = stopped_version(selection.current_period())
    if version is not None:  # its files are read before the lock is taken
        version = check_version(version)
    with transaction.atomic():
        current = lock(None)
        if current is None or not current.is_stopped:
            raise NotAllowedNow(
                _("Serving is not stopped, so there is nothing to start again."),
                code="not_stopped",
            )
        below = current.below
        if version is None or below is None or below.model_version_id != version.pk:
            raise switched_meanwhile()
        selection.require_sound(version)
        period = open_period(
            current,
            Opening(version, PeriodKind.STARTED, by, reason, below=below.below),
        )
        AuditEvent.objects.record(
            "serving.started",
            actor=by,
            subject=version,
            records=period.switched(),
            period=period.pk,
            drill=current.drill,
            withdrawn=version.withdrawn,
            reason=reason,
        )
    return period


def stopped_version(period: ServingPeriod | None) -> ModelVersion | None:
    """The version that starting again would bring back; None where nothing is stopped.

    Reads nothing more for ``current_period``, which comes with it. Writes nothing.
    """
    if period is None or not period.is_stopped or period.below is None:
        return None
    return period.below.model_version


@read_once
def last_drill() -> ServingPeriod | None:
    """The newest drill that is over, i.e. that was started again. Writes nothing."""
    over = ServingPeriod.objects.filter(drill=True, until__isnull=False)
    return over.select_related("by").order_by("-pk").first()


@read_once
def is_drill_due() -> bool:
    """A version serves, and for ``DRILL_EVERY`` nobody has made a drill."""
    if not ServingPeriod.objects.open().with_version().exists():
        return False
    drill = last_drill()
    return drill is None or drill.since < clock.database_now() - DRILL_EVERY


def require_reason(reason: str) -> str:
    """The reason without spaces around it. Raises InvalidInput: none, or too long."""
    return stated_reason(reason, _("Give a reason: it is kept in the history."))

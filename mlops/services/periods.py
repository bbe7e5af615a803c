"""How one serving period ends and the next begins: in order, by one clock, no gap."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from mlops.choices import FROZEN_KINDS, PeriodKind
from mlops.models import ModelVersion, Rehearsal, ServingPeriod, ServingState
from mlops.services import freezes, mirror_outbox
from preciso import clock
from training.errors import NotAllowedNow, StaleState
from training.models.audit import Actor

TICK = timedelta(microseconds=1)


class PeriodInFuture(NotAllowedNow):
    """The newest period has not begun yet by the database's clock."""

    code = "period_in_future"


class ClockWrong(NotAllowedNow):
    """This process's clock is too far from the database's to switch anything."""

    code = "clock_wrong"


def require_right_clock() -> None:
    """Ask before a lock is taken. Raises ClockWrong."""
    if not clock.PROCESS_CLOCK.is_wrong():
        return
    seconds = clock.PROCESS_CLOCK.ahead().total_seconds()
    if seconds > 0:
        told = _("The clock of this machine is %(seconds)d s ahead of the database's.")
    else:
        told = _("The clock of this machine is %(seconds)d s behind the database's.")
    advice = _("Nothing is switched from here until it is set right (NTP).")
    raise ClockWrong(f"{told % {'seconds': abs(seconds)}} {advice}")


def lock(expected_current: str | None) -> ServingPeriod | None:
    """Wait for other switches, then look: what serves cannot change under us."""
    ServingState.objects.select_for_update().get()
    current = (
        ServingPeriod.objects.open()
        .select_related("model_version", "below__below")
        .first()
    )
    serving = str(current.model_version_id) if current else ""
    if expected_current is not None and expected_current != serving:
        raise StaleState(
            _("Another version serves now (%(version)s); look again.")
            % {"version": current.model_version if current else _("none")},
            code="not_expected_current",
        )
    return current


def open_period(
    current: ServingPeriod | None,
    version: ModelVersion,
    *,
    by: Actor,
    reason: str,
    kind: PeriodKind,
    below: ServingPeriod | None = None,
) -> ServingPeriod:
    """Close the open period and open the next at the same microsecond."""
    since = _start(current)
    if kind in FROZEN_KINDS:
        freezes.require_no_freeze(since)
    rehearsal = Rehearsal.objects.freshest(version)  # before what it tried ends
    if current is not None:
        closed = ServingPeriod.objects.open().filter(pk=current.pk)
        if not closed.update(until=since):
            raise StaleState(_("Somebody switched the model meanwhile; look again."))
        current.until = since
    period = ServingPeriod.objects.create(
        model_version=version,
        since=since,
        by=by,
        reason=reason,
        kind=kind,
        follows=current,
        below=below if kind == PeriodKind.ROLLBACK else current,
        rehearsal=rehearsal,
    )
    mirror_outbox.serving_changed(period)
    return period


def _start(current: ServingPeriod | None) -> datetime:
    """Now by the database's clock, or a tick after the last start in the same moment.

    Raises PeriodInFuture: nothing is stamped behind a start that has yet to come.
    """
    now = clock.database_now()
    if current is None:
        return now
    if current.since > now + clock.RESOLUTION:
        raise PeriodInFuture(
            _(
                "By the database's clock the newest serving period begins only at "
                "%(since)s: a clock was wrong. Nothing can be switched until an "
                "administrator puts that right on the Setup page."
            )
            % {"since": freezes.written(current.since)}
        )
    return max(now, current.since + TICK)

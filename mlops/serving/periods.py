"""How one serving period ends and the next begins: in order, by one clock, no gap."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from mlops.choices import FROZEN_KINDS, PeriodKind
from mlops.mirror import outbox
from mlops.models import ModelVersion, Rehearsal, ServingPeriod, ServingState
from mlops.serving import freezes
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
        .select_related("model_version", "below__below__below")
        .first()
    )
    version = current.model_version if current else None
    serving = str(version.pk) if version else ""
    if expected_current is not None and expected_current != serving:
        raise StaleState(
            _("Another version serves now (%(version)s); look again.")
            % {"version": version or _("none")},
            code="not_expected_current",
        )
    return current


@dataclass(frozen=True)
class Opening:
    """How the next period begins. ``version`` None: people decide.

    ``below`` is what a rollback from it goes back to.
    """

    version: ModelVersion | None
    kind: PeriodKind
    by: Actor
    reason: str
    below: ServingPeriod | None
    drill: bool = False


def base_of(
    current: ServingPeriod | None, version: ModelVersion
) -> ServingPeriod | None:
    """The period on which a version is put; a stop is nothing to go back to."""
    if current is None or not current.is_stopped:
        return current
    stopped = current.below
    if stopped is not None and stopped.model_version_id == version.pk:
        return stopped.below  # the same version again: it stands where it stood
    return stopped


def rollback_target(period: ServingPeriod | None) -> ServingPeriod | None:
    """The period whose version a rollback would bring back; None if there is none.

    While it is stopped: what served before that which was stopped. The latter comes
    back by starting again.
    """
    if period is not None and period.is_stopped:
        period = period.below
    return period.below if period is not None else None


def open_period(current: ServingPeriod | None, opening: Opening) -> ServingPeriod:
    """Close the open period and open the next at the same microsecond."""
    since = _start(current)
    if opening.kind in FROZEN_KINDS:
        freezes.require_no_freeze(since)
    rehearsal = None
    if opening.version is not None:  # looked for before what it tried ends
        rehearsal = Rehearsal.objects.freshest(opening.version)
    if current is not None:
        closed = ServingPeriod.objects.open().filter(pk=current.pk)
        if not closed.update(until=since):
            raise StaleState(_("Somebody switched the model meanwhile; look again."))
        current.until = since
    period = ServingPeriod.objects.create(
        model_version=opening.version,
        since=since,
        by=opening.by,
        reason=opening.reason,
        kind=opening.kind,
        drill=opening.drill,
        follows=current,
        below=opening.below,
        rehearsal=rehearsal,
    )
    outbox.serving_changed(period)
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

"""How one serving period ends and the next begins.

Periods follow each other without a gap, and all their times are the database's.
"""

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
    """Raises ClockWrong where this machine's clock is too far off; writes nothing.

    Called before a lock is taken: measuring the clock may ask the database.
    """
    if not clock.PROCESS_CLOCK.is_wrong():
        return
    seconds = clock.PROCESS_CLOCK.ahead().total_seconds()
    if seconds > 0:
        problem = _(
            "The clock of this machine is %(seconds)d s ahead of the database's."
        )
    else:
        problem = _("The clock of this machine is %(seconds)d s behind the database's.")
    advice = _("Nothing is switched from here until it is set right (NTP).")
    raise ClockWrong(f"{problem % {'seconds': abs(seconds)}} {advice}")


def lock(expected_current: str | None) -> ServingPeriod | None:
    """Wait for other switches, then return the open period with its version.

    Until the caller's transaction ends no other switch can happen. Raises StaleState if
    ``expected_current`` (a model version's id, empty for none) does not serve.
    """
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
    """How the next period begins.

    ``version``: what serves in it; None: people decide. ``below``: the period that a
    rollback from it goes back to.
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
    """What is ``below`` the next period if ``version`` serves after ``current``.

    Usually the current period. A stop is nothing to go back to, so after one it is the
    period that was stopped, or what was below that if the same version comes back.
    """
    if current is None or not current.is_stopped:
        return current
    stopped = current.below
    if stopped is not None and stopped.model_version_id == version.pk:
        return stopped.below
    return stopped


def rollback_target(period: ServingPeriod | None) -> ServingPeriod | None:
    """The period whose version a rollback would bring back; None if there is none.

    While serving is stopped: the period before the one that was stopped. The stopped
    version itself comes back by starting again. Writes nothing.
    """
    if period is not None and period.is_stopped:
        period = period.below
    return period.below if period is not None else None


def open_period(current: ServingPeriod | None, opening: Opening) -> ServingPeriod:
    """Close the open period and open the next at the same microsecond.

    The caller holds ``lock``. Raises StaleState if the current period is closed,
    PeriodInFuture if it has yet to begin, Frozen for a kind that a freeze forbids.
    """
    since = _next_start(current)
    if opening.kind in FROZEN_KINDS:
        freezes.require_no_freeze(since)
    rehearsal = None
    if opening.version is not None:
        # Looked up while the current period is open: closing it makes it stale.
        rehearsal = Rehearsal.objects.freshest(opening.version)
    if current is not None:
        closed = ServingPeriod.objects.open().filter(pk=current.pk)
        if not closed.update(until=since):
            raise switched_meanwhile()
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


def switched_meanwhile() -> StaleState:
    """The refusal of a switch that another switch came before."""
    return StaleState(_("Somebody switched the model meanwhile; look again."))


def _next_start(current: ServingPeriod | None) -> datetime:
    """Now by the database's clock, or a tick after a start in the same moment.

    Raises PeriodInFuture: no period starts before one that has yet to begin.
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
            % {"since": freezes.moment_text(current.since)}
        )
    return max(now, current.since + TICK)

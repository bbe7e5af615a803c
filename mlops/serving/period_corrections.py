"""Correcting serving periods that begin in the future.

A machine whose clock was wrong can stamp such a period, and nothing can be switched
until its times are put right.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from mlops.mirror import outbox
from mlops.models import ServingPeriod, ServingState
from mlops.serving.periods import TICK
from preciso import clock
from training.errors import InvalidInput, NotAllowedNow
from training.models import AuditEvent
from training.models.audit import Actor
from training.values import stated_reason


def periods_in_future() -> list[ServingPeriod]:
    """The periods that have yet to begin by the database's clock, in their order.

    A read: it writes nothing.
    """
    soon = clock.database_now() + clock.RESOLUTION
    periods = ServingPeriod.objects.filter(since__gt=soon).order_by("since")
    return list(periods.select_related("model_version", "follows"))


@transaction.atomic
def put_periods_right(
    *, by: Actor, reason: str, began: datetime | None = None
) -> list[ServingPeriod]:
    """Move the periods that begin in the future to moments that have passed.

    ``began`` is when the first of them really began; without it the last one begins
    now. The time between them stays, as far as it fits. Returns the periods as they
    were. Raises InvalidInput without a reason or for a moment that cannot be,
    NotAllowedNow where no period lies in the future; then nothing was written.
    """
    reason = stated_reason(
        reason, _("Say what was wrong: it is kept in the audit trail.")
    )
    ServingState.objects.select_for_update().get()
    later = periods_in_future()
    if not later:
        raise NotAllowedNow(_("No serving period begins in the future."))
    before = [_event_detail(period) for period in later]
    starts = _new_starts(later, began, clock.database_now())
    periods = ServingPeriod.objects.select_related("model_version")
    changed_keys = [period.pk for period in later]
    # From the oldest on: the database refuses a start where the period before has not
    # ended, so each end is moved before the start that follows it.
    previous = later[0].follows
    if previous:
        changed_keys.append(previous.pk)
        periods.filter(pk=previous.pk).update(until=starts[0])
    for period, since, until in zip(later, starts, [*starts[1:], None], strict=True):
        periods.filter(pk=period.pk).update(since=since, until=until)
    rows = list(periods.filter(pk__in=changed_keys).order_by("since"))
    newest = rows[-1]
    AuditEvent.objects.record(
        "serving.put_right",
        actor=by,
        subject=newest.model_version or newest,
        records=rows,
        reason=reason,
        before=before,
        after=[_event_detail(period) for period in rows[-len(later) :]],
    )
    outbox.serving_put_right(newest)
    return later


def _new_starts(
    later: Sequence[ServingPeriod], began: datetime | None, now: datetime
) -> list[datetime]:
    """When each period begins instead: in order, a tick apart at least, after the
    start of the period before them and not later than now. Raises InvalidInput."""
    previous = later[0].follows
    earliest = previous.since + TICK if previous else None
    if began is None:
        between = later[-1].since - later[0].since
        first = max(now - between, earliest or now - between)
    else:
        first = began
    latest = now - TICK * (len(later) - 1)
    if first > latest or (earliest and first < earliest):
        raise InvalidInput(
            _("It must have begun after the period before it, and not after now.")
        )
    shift = later[0].since - first
    starts = [min(period.since - shift, now) for period in later]
    # Starts that were cut off at now are moved apart, from the last one backwards.
    for place in reversed(range(len(starts) - 1)):
        starts[place] = min(starts[place], starts[place + 1] - TICK)
    return starts


def _event_detail(period: ServingPeriod) -> dict[str, Any]:
    return {
        "period": period.pk,
        "version": str(period.model_version),
        "since": period.since.isoformat(),
        "until": period.until.isoformat() if period.until else None,
    }

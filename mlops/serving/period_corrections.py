"""A serving period begins in the future, for a clock was wrong: put right."""

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
    """Those that have yet to begin by the database's clock, in their order."""
    soon = clock.database_now() + clock.RESOLUTION
    later = ServingPeriod.objects.filter(since__gt=soon).order_by("since")
    return list(later.select_related("model_version", "follows"))


@transaction.atomic
def put_periods_right(
    *, by: Actor, reason: str, began: datetime | None = None
) -> list[ServingPeriod]:
    """Let what begins in the future begin at a moment that has passed.

    ``began`` is when the first of them really began; without it the last one begins
    now. The time between them stays, as far as it fits. Raises InvalidInput without a
    reason or for a moment that cannot be, NotAllowedNow where nothing lies in the
    future; then nothing was written.
    """
    needed = _("Say what was wrong: it is kept in the audit trail.")
    reason = stated_reason(reason, needed)
    ServingState.objects.select_for_update().get()
    later = periods_in_future()
    if not later:
        raise NotAllowedNow(_("No serving period begins in the future."))
    before = [_as_told(period) for period in later]
    starts = _starts(later, began, clock.database_now())
    _write(later, starts)
    before_them = [row.follows for row in later[:1] if row.follows]
    touched = [row.pk for row in (*before_them, *later)]
    now = ServingPeriod.objects.select_related("model_version")
    rows = list(now.filter(pk__in=touched).order_by("since"))
    newest = rows[-1]
    AuditEvent.objects.record(
        "serving.put_right",
        actor=by,
        subject=newest.model_version or newest,
        records=rows,
        reason=reason,
        before=before,
        after=[_as_told(period) for period in rows[-len(later) :]],
    )
    outbox.serving_put_right(newest)
    return later


def _starts(
    later: Sequence[ServingPeriod], began: datetime | None, now: datetime
) -> list[datetime]:
    """When each of them begins instead: in order, after the one before, not later
    than now. Raises InvalidInput."""
    last = later[0].follows
    earliest = last.since + TICK if last else None
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
    for place in reversed(range(len(starts) - 1)):  # squeezed before now, in order
        starts[place] = min(starts[place], starts[place + 1] - TICK)
    return starts


def _write(later: Sequence[ServingPeriod], starts: Sequence[datetime]) -> None:
    """From the oldest on: each start finds the end before it in its place."""
    ends = [*starts[1:], None]
    periods = ServingPeriod.objects.all()
    if later[0].follows:
        periods.filter(pk=later[0].follows.pk).update(until=starts[0])
    for period, since, until in zip(later, starts, ends, strict=True):
        periods.filter(pk=period.pk).update(since=since, until=until)


def _as_told(period: ServingPeriod) -> dict[str, Any]:
    return {
        "period": period.pk,
        "version": str(period.model_version),
        "since": period.since.isoformat(),
        "until": period.until.isoformat() if period.until else None,
    }

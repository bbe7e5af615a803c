"""How long reviews were read, by serving period and by person: measured ones alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from mlops.services.agreement import Span
from mlops.services.proportions import Share, share
from training.choices import ReviewAction
from training.models import Review
from training.models.reviews import ReviewQuerySet

DECIDED = (ReviewAction.APPROVE, ReviewAction.REJECT, ReviewAction.REQUEST_CHANGES)


@dataclass(frozen=True)
class Attention:
    """Of ``measured`` reviews made on the page, ``short`` were read under the limit."""

    measured: int = 0
    short: int = 0

    @property
    def share(self) -> Share | None:
        return share(self.short, self.measured)


def _measured() -> ReviewQuerySet:
    return Review.objects.filter(active_seconds__isnull=False, action__in=DECIDED)


def by_period(spans: Sequence[Span], limit: int) -> list[Attention]:
    """Of the reviews made in each serving period, all in one query."""
    counts = {}
    for place, span in enumerate(spans):
        made = Q(at__gte=span.period.since)
        if span.period.until is not None:
            made &= Q(at__lt=span.period.until)
        short = made & Q(active_seconds__lt=limit)
        counts[f"all{place}"] = Count("pk", filter=made)
        counts[f"short{place}"] = Count("pk", filter=short)
    if not counts:
        return []
    found = _measured().filter(at__gte=spans[-1].period.since).aggregate(**counts)
    return [
        Attention(found[f"all{place}"], found[f"short{place}"])
        for place in range(len(spans))
    ]


def by_person(span: Span, limit: int) -> list[tuple[str, Attention]]:
    """Of one serving period. Only for who may see it by person."""
    made = _measured().filter(at__gte=span.period.since).order_by("by__username")
    if span.period.until is not None:
        made = made.filter(at__lt=span.period.until)
    short = Count("pk", filter=Q(active_seconds__lt=limit))
    rows = made.values_list("by__username").annotate(n=Count("pk"), short=short)
    return [(name, Attention(n, few)) for name, n, few in rows]

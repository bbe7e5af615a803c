"""How long reviews were read, by serving period and by person: measured ones alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from mlops.evaluation.agreement import OPEN_END, Span
from mlops.evaluation.proportions import Share, share
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


# A join of reviews with periods, by the index review_read.
COUNT = """
WITH span (period, since, until) AS (VALUES {rows})
SELECT s.period, COUNT(*), SUM(CASE WHEN r.active_seconds < %s THEN 1 ELSE 0 END)
FROM span s JOIN training_review r ON r.at >= s.since AND r.at < s.until
WHERE r.active_seconds IS NOT NULL AND r.action IN ({actions})
GROUP BY s.period
"""


def by_period(spans: Sequence[Span], limit: int) -> list[Attention]:
    """Of the reviews made in each serving period, all in one query."""
    if not spans:
        return []
    as_written = connection.ops.adapt_datetimefield_value
    values: list[Any] = []
    for span in spans:
        until = span.period.until or OPEN_END
        values += [span.period.pk, as_written(span.period.since), as_written(until)]
    rows = ", ".join(["(%s, %s, %s)"] * len(spans))
    actions = ", ".join(["%s"] * len(DECIDED))
    with connection.cursor() as cursor:
        asked = COUNT.format(rows=rows, actions=actions)
        cursor.execute(asked, [*values, limit, *DECIDED])
        found = {period: Attention(n, few) for period, n, few in cursor.fetchall()}
    return [found.get(span.period.pk, Attention()) for span in spans]


def by_person(span: Span, limit: int) -> list[tuple[str, Attention]]:
    """Of one serving period. Only for who may see it by person."""
    made = _measured().filter(at__gte=span.period.since).order_by("by__username")
    if span.period.until is not None:
        made = made.filter(at__lt=span.period.until)
    short = Count("pk", filter=Q(active_seconds__lt=limit))
    rows = made.values_list("by__username").annotate(n=Count("pk"), short=short)
    return [(name, Attention(n, few)) for name, n, few in rows]

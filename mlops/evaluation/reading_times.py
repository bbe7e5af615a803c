"""How many reviews were read in short time, by serving period and by person.

Only reviews whose reading time was measured count. Everything here reads; nothing is
written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from mlops.evaluation.agreement import OPEN_END, Span
from mlops.evaluation.proportions import Share, share
from training.choices import ReviewAction
from training.models import Review

DECIDED = (ReviewAction.APPROVE, ReviewAction.REJECT, ReviewAction.REQUEST_CHANGES)


@dataclass(frozen=True)
class ShortReviews:
    """Of ``measured`` reviews made on the page, ``short`` were read in less time than
    the policy's limit."""

    measured: int = 0
    short: int = 0

    @property
    def share(self) -> Share | None:
        return share(self.short, self.measured)


# A join of reviews with a list of periods, which Django's ORM cannot express; both
# databases use the index review_read for it.
COUNT = """
WITH span (period, since, until) AS (VALUES {rows})
SELECT s.period, COUNT(*), SUM(CASE WHEN r.active_seconds < %s THEN 1 ELSE 0 END)
FROM span s JOIN training_review r ON r.at >= s.since AND r.at < s.until
WHERE r.active_seconds IS NOT NULL AND r.action IN ({actions})
GROUP BY s.period
"""


def by_period(spans: Sequence[Span], limit: int) -> list[ShortReviews]:
    """The reviews made in each serving period, all in one query.

    ``limit``: in seconds; a review that was read in less is short.
    """
    if not spans:
        return []
    adapt = connection.ops.adapt_datetimefield_value
    values: list[Any] = []
    for span in spans:
        until = span.period.until or OPEN_END
        values += [span.period.pk, adapt(span.period.since), adapt(until)]
    rows = ", ".join(["(%s, %s, %s)"] * len(spans))
    actions = ", ".join(["%s"] * len(DECIDED))
    with connection.cursor() as cursor:
        statement = COUNT.format(rows=rows, actions=actions)
        cursor.execute(statement, [*values, limit, *DECIDED])
        counts = {period: ShortReviews(*row) for period, *row in cursor.fetchall()}
    return [counts.get(span.period.pk, ShortReviews()) for span in spans]


def by_person(span: Span, limit: int) -> list[tuple[str, ShortReviews]]:
    """The reviews of one serving period by user name.

    The caller makes sure that the reader may see them by person.
    """
    reviews = Review.objects.filter(
        active_seconds__isnull=False, action__in=DECIDED, at__gte=span.period.since
    )
    if span.period.until is not None:
        reviews = reviews.filter(at__lt=span.period.until)
    short = Count("pk", filter=Q(active_seconds__lt=limit))
    rows = reviews.order_by("by__username").values_list("by__username")
    counts = rows.annotate(n=Count("pk"), short=short)
    return [(name, ShortReviews(n, few)) for name, n, few in counts]

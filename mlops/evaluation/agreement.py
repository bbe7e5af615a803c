"""How often people decided what the serving model had recommended, period by period.

Everything here reads; nothing is written.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection
from django.db.models import F, Window
from django.db.models.functions import Lead

from mlops.evaluation.proportions import Share, share
from mlops.models import ServingPeriod
from training.choices import DecisionBasis

PERIODS = 12  # the newest ones, on a page
OPEN_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Agreement:
    """Of ``decided`` cases, ``agreed`` are decided as the model had recommended.

    ``blind_*``: the same of those that were decided without seeing the recommendation.
    ``commonest``: what always answering the commonest decision would have scored.
    """

    decided: int = 0
    agreed: int = 0
    blind_decided: int = 0
    blind_agreed: int = 0
    commonest: int = 0

    @property
    def all(self) -> Share | None:
        return share(self.agreed, self.decided)

    @property
    def blind(self) -> Share | None:
        return share(self.blind_agreed, self.blind_decided)

    @property
    def commonest_rate(self) -> float | None:
        return self.commonest / self.decided if self.decided else None


@dataclass(frozen=True)
class Stretch:
    """The part of a serving period that lies in one place of a chart.

    The cases that ``version`` recommended from ``since`` until ``until`` are counted
    under ``period`` and ``place``; the place -1 is before the chart begins.
    """

    period: int
    place: int
    version: int
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Span:
    """A serving period, and until when cases of its version belong to it.

    A case belongs to the last period of its version that had begun when it came in: it
    may come in a moment after its version was replaced, and then counts once.
    """

    period: ServingPeriod
    until: datetime


@dataclass(frozen=True)
class AgreementCounts:
    """The agreement in each serving period, newest first, and in each place."""

    periods: list[tuple[ServingPeriod, Agreement]]
    places: list[Agreement]


def newest_spans(limit: int = PERIODS) -> list[Span]:
    """The newest period first."""
    begins_again = Window(
        Lead("since"), partition_by=F("model_version_id"), order_by=F("since").asc()
    )
    periods = (
        ServingPeriod.objects.for_table()
        .with_version()
        .defer("model_version__evaluation", "model_version__metrics")
        .annotate(begins_again=begins_again)
    )
    return [Span(period, period.begins_again or OPEN_END) for period in periods[:limit]]


def count(spans: Sequence[Span], edges: Sequence[datetime] = ()) -> AgreementCounts:
    """Count the decided cases of these periods, all in one query.

    ``edges``: where the places of a chart begin, the oldest first. Decisions that were
    imported do not count, nor those that were withdrawn.
    """
    stretches = [each for span in spans for each in _stretches(span, edges)]
    by_period: defaultdict[int, list[DecisionCount]] = defaultdict(list)
    by_place: defaultdict[int, list[DecisionCount]] = defaultdict(list)
    for period, place, row in _decision_counts(stretches):
        by_period[period].append(row)
        by_place[place].append(row)
    return AgreementCounts(
        [(span.period, _agreement(by_period[span.period.pk])) for span in spans],
        [_agreement(by_place[place]) for place in range(len(edges))],
    )


def of_open_period() -> tuple[ServingPeriod, Agreement] | None:
    """The open period and the agreement in it; None where no version serves."""
    spans = newest_spans(1)
    if not spans or not spans[0].period.is_open:
        return None
    return count(spans).periods[0]


def _stretches(span: Span, edges: Sequence[datetime]) -> Iterable[Stretch]:
    period = span.period
    if period.model_version_id is None:
        return  # people decided
    starts = [datetime.min.replace(tzinfo=UTC), *edges]
    for place, (start, stop) in enumerate(
        zip(starts, [*edges, OPEN_END], strict=True), start=-1
    ):
        since, until = max(period.since, start), min(span.until, stop)
        if since < until:
            yield Stretch(period.pk, place, period.model_version_id, since, until)


@dataclass(frozen=True)
class DecisionCount:
    """``n`` cases with this decision and judgement (``seen`` or ``blind``).

    ``agreed``: the decision is the one that was recommended.
    """

    decision: str
    judgement: str
    agreed: bool
    n: int


# A join of cases with a list of moments, which Django's ORM cannot express. The three
# conditions on c are those of the index case_decided_by_people, word by word, so that
# both databases use it.
COUNT = """
WITH stretch (period, place, version, since, until) AS (VALUES {rows})
SELECT s.period, s.place, c.decision, c.judged,
       c.decision = c.recommended_decision AS agreed, COUNT(*)
FROM stretch s JOIN training_case c
  ON c.recommender_id = s.version AND c.created_at >= s.since
 AND c.created_at < s.until
WHERE c.status = 'approved' AND c.judged IN ('seen', 'blind')
  AND c.recommender_id IS NOT NULL
GROUP BY s.period, s.place, c.decision, c.judged, agreed
"""


def _decision_counts(
    stretches: Sequence[Stretch],
) -> list[tuple[int, int, DecisionCount]]:
    """Each count with the period and the place that it belongs to."""
    if not stretches:
        return []
    adapt = connection.ops.adapt_datetimefield_value
    values = [
        value
        for each in stretches
        for value in (
            each.period,
            each.place,
            each.version,
            adapt(each.since),
            adapt(each.until),
        )
    ]
    rows = ", ".join(["(%s, %s, %s, %s, %s)"] * len(stretches))
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(rows=rows), values)
        return [
            (period, place, DecisionCount(decision, judgement, bool(agreed), n))
            for period, place, decision, judgement, agreed, n in cursor.fetchall()
        ]


def _agreement(rows: Sequence[DecisionCount]) -> Agreement:
    decisions: Counter[str] = Counter()
    for row in rows:
        decisions[row.decision] += row.n
    blind = [row for row in rows if row.judgement == DecisionBasis.BLIND]
    return Agreement(
        decided=sum(row.n for row in rows),
        agreed=sum(row.n for row in rows if row.agreed),
        blind_decided=sum(row.n for row in blind),
        blind_agreed=sum(row.n for row in blind if row.agreed),
        commonest=max(decisions.values(), default=0),
    )

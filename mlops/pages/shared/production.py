"""How often reviewers agree with what serves, and how long they read, as shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext

from mlops.evaluation import agreement, reading_times
from mlops.evaluation.agreement import Agreement, Span
from mlops.evaluation.agreement_alerts import alert
from mlops.evaluation.proportions import Share
from mlops.evaluation.reading_times import ShortReviews
from preciso.filters import midnight
from training.services.policy.policies import policy

DAYS = 90  # that the chart looks back
DAILY = 30  # days that are shown one by one; more are shown by the week
FEW = 5  # decisions; with fewer, a point is drawn hollow and not joined


@dataclass(frozen=True)
class AgreementPoint:
    """A day or a week of the chart; ``at`` is its middle as a share of the width."""

    at: float
    label: str
    share: Share | None
    blind: Share | None

    @property
    def is_thin(self) -> bool:
        return self.share is not None and self.share.of < FEW


@dataclass(frozen=True)
class Switch:
    """Where another version began to serve; ``at`` as a share of the width."""

    at: float
    label: str


@dataclass(frozen=True)
class Curve:
    """Agreement over time, by when the cases came in."""

    points: list[AgreementPoint]
    switches: list[Switch]
    first: str
    last: str
    is_daily: bool

    @property
    def has_points(self) -> bool:
        return any(point.share for point in self.points)


def agreement_now() -> dict[str, Any]:
    """The open period's agreement and, where it is too low, the alert."""
    in_period = agreement.of_open_period()
    if in_period is None:
        return {"agreement": None, "alert": None}
    return {"agreement": in_period[1], "alert": alert(policy(), *in_period)}


def card() -> dict[str, Any] | None:
    """Agreement by period and over time. None before the first serves."""
    spans = agreement.newest_spans()
    if not spans:
        return None
    edges = _edges(spans)
    counted = agreement.count(spans, edges)
    current, rules = counted.periods[0][0], policy()
    read = reading_times.by_period(spans, rules.short_review_seconds)
    return {
        "periods": counted.periods,
        "rows": [
            (period, agreed, attention)
            for (period, agreed), attention in zip(counted.periods, read, strict=True)
        ],
        "read": read[0],
        "readers": readers,  # asked for by the page of who may see it
        "short_seconds": rules.short_review_seconds,
        "version": current.model_version,
        "until": current.until,  # set while serving is stopped
        "now": counted.periods[0][1],
        "curve": _curve(edges, counted.places, spans),
        "days": DAYS,
        "few": FEW,
        "limit": agreement.PERIODS,
        "is_all": len(spans) < agreement.PERIODS,
        "blind_share": rules.blind_share,
    }


def readers() -> list[tuple[str, ShortReviews]]:
    """How long each person's reviews were read since the open period began."""
    spans = agreement.newest_spans(1)
    limit = policy().short_review_seconds
    return reading_times.by_person(spans[0], limit) if spans else []


def _edges(spans: Sequence[Span]) -> list[datetime]:
    """Where the days or weeks of the chart begin: at local midnight, oldest first."""
    today = timezone.localdate()
    since = max(
        timezone.localdate(spans[-1].period.since), today - timedelta(days=DAYS - 1)
    )
    days = (today - since).days + 1
    step = 1 if days <= DAILY else 7
    starts = [today - timedelta(days=back) for back in range(step - 1, days, step)]
    if not starts or starts[-1] > since:
        starts.append(since)
    return [midnight(day) for day in reversed(starts)]


def _curve(
    edges: Sequence[datetime], places: Sequence[Agreement], spans: Sequence[Span]
) -> Curve:
    end = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    end += timedelta(days=1)
    start, width = edges[0], end - edges[0]
    stops = [*edges[1:], end]
    points = [
        AgreementPoint(
            (edge - start + (stop - edge) / 2) / width, _day(edge), each.all, each.blind
        )
        for edge, stop, each in zip(edges, stops, places, strict=True)
    ]
    switches = [
        Switch(
            (span.period.since - start) / width,
            f"v{span.period.model_version.version}"
            if span.period.model_version
            else "",
        )
        for span in reversed(spans)
        if span.period.since > start
    ]
    is_daily = stops[-1] - edges[-1] < timedelta(days=2)
    return Curve(points, switches, _day(start), _day(timezone.now()), is_daily)


def _day(moment: datetime) -> str:
    form = pgettext("how a day is written, short", "M j")
    return date_format(timezone.localtime(moment), form)

"""The overview: the loop in figures, agreement, and what happened last."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext

from mlops.selectors import logs
from mlops.selectors.samples import SampleFilter
from training.choices import ReviewAction, ReviewSource
from training.models import AuditEvent, Case, DatasetVersion, Review, TrainingRun

DAYS = 14
RECENT = 8


def decisions_per_day() -> list[tuple[str, int, int]]:
    """(day, as recommended, otherwise or without a recommendation).

    Oldest first, none if nobody decided; imported decisions do not count.
    """
    today = timezone.localdate()
    since = timezone.now() - timedelta(days=DAYS)
    by_people = Review.objects.exclude(source=ReviewSource.REPLAY)
    rows = by_people.filter(action=ReviewAction.APPROVE, at__gte=since).values_list(
        "at", "decision", "case__recommended_decision"
    )
    agreed: Counter[Any] = Counter()
    otherwise: Counter[Any] = Counter()
    for at, decision, recommended in rows.iterator():
        side = agreed if decision == recommended else otherwise
        side[timezone.localdate(at)] += 1
    if not agreed and not otherwise:
        return []
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    form = pgettext("how a day is written, short", "M j")
    return [(date_format(day, form), agreed[day], otherwise[day]) for day in days]


def loop() -> dict[str, Any]:
    """The four steps of the loop, each with the figure a person asks for first."""
    version = DatasetVersion.objects.open().first()
    return {
        "waiting": Case.objects.awaiting_approval().count(),
        "approved": Case.objects.approved().count(),
        "open_version": version,
        "collected": version.added().count() if version else 0,
        "new_url": SampleFilter("new").url(version) if version else "",
        "last_run": TrainingRun.objects.for_table().first(),
    }


def recent_events() -> list[logs.Entry]:
    return logs.entries(list(AuditEvent.objects.for_table()[:RECENT]))

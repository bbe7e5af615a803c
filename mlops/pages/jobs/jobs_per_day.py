"""Jobs per day of submission: how many of them completed or ended badly."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, IntegerField, Value
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext

from mlops.pages.shared.job_lists import url
from preciso.filters import midnight
from training.choices import JobStatus
from training.filters.jobs import GROUPS
from training.models import PipelineJob

DAYS = 14
BAD = GROUPS["bad"][1]
COUNTED = {JobStatus.COMPLETED, *BAD}


@dataclass(frozen=True)
class Day:
    """One day, and for each figure the address of the list with exactly these jobs."""

    day: date
    completed: int
    bad: int

    @property
    def label(self) -> str:
        return date_format(self.day, pgettext("how a day is written, short", "M j"))

    @property
    def completed_url(self) -> str:
        return url(status="completed", since=self.day, until=self.day)

    @property
    def bad_url(self) -> str:
        return url(status="bad", since=self.day, until=self.day)


def days() -> list[Day]:
    """The last two weeks, oldest first; empty if no job of them has ended.

    One query that reads each day by the index on ``created_at``. It counts all statuses
    and drops some here: with a filter by status, SQLite would take the index on the
    status and read all jobs that ever had one of them.
    """
    today = timezone.localdate()
    two_weeks = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    parts = [
        PipelineJob.objects.filter(
            created_at__gte=midnight(day),
            created_at__lt=midnight(day + timedelta(days=1)),
        )
        .order_by()
        .annotate(place=Value(place, output_field=IntegerField()))
        .values_list("place", "status")
        .annotate(n=Count("*"))
        for place, day in enumerate(two_weeks)
    ]
    tally = [[0, 0] for _day in two_weeks]
    for place, status, count in parts[0].union(*parts[1:], all=True):
        if status in COUNTED:
            tally[place][status in BAD] += count
    if not any(map(sum, tally)):
        return []
    return [Day(day, *counts) for day, counts in zip(two_weeks, tally, strict=True)]

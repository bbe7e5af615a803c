"""The filters of a list of jobs, for the API and for the page."""

from datetime import timedelta

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from preciso.filters import (
    DaysFilter,
    Filters,
    FlagFilter,
    before,
    from_day,
    person,
    since,
    until_day,
)
from training.choices import (
    JOB_ACTIVE,
    JOB_DUE,
    JOB_ENDED,
    JobFlow,
    JobKind,
    JobStatus,
)
from training.models import PipelineJob
from training.models.jobs import PipelineJobQuerySet

GROUPS: dict[str, tuple[str | Promise, tuple[JobStatus, ...]]] = {
    "active": (_("Unfinished"), JOB_ACTIVE),
    "waiting": (_("Waiting, also to try again"), JOB_DUE),
    "bad": (_("Ended badly"), (JobStatus.FAILED, JobStatus.DEAD_LETTER)),
}
STATUSES: list[tuple[str, str | Promise]] = [
    *((code, label) for code, (label, _statuses) in GROUPS.items()),
    *JobStatus.choices,
]


class JobFilters(Filters):
    """``status`` is one status or one of ``GROUPS``."""

    status = django_filters.ChoiceFilter(
        choices=STATUSES, method="in_status", empty_label=_("All")
    )
    kind = django_filters.ChoiceFilter(choices=JobKind.choices, empty_label=_("All"))
    flow = django_filters.ChoiceFilter(choices=JobFlow.choices, empty_label=_("All"))
    reason = django_filters.CharFilter()
    has_reason = FlagFilter(method="with_a_reason")
    discarded = FlagFilter(
        method="put_aside", help_text=_("Dead letters that somebody has put aside.")
    )
    days = DaysFilter(
        method="ended_within", help_text=_("Ended within so many days, up to now.")
    )
    created_by = person("created_by")
    created_since = since("created_at")
    created_before = before("created_at")
    finished_since = since("finished_at")
    finished_before = before("finished_at")
    since = from_day("created_at")
    until = until_day("created_at")

    def in_status(
        self, jobs: PipelineJobQuerySet, _name: str, status: str
    ) -> QuerySet[PipelineJob]:
        group = GROUPS.get(status)
        return jobs.filter(status__in=group[1] if group else (status,))

    def with_a_reason(
        self, jobs: PipelineJobQuerySet, _name: str, has_one: bool
    ) -> QuerySet[PipelineJob]:
        return jobs.filter(~Q(reason="") if has_one else Q(reason=""))

    def put_aside(
        self, jobs: PipelineJobQuerySet, _name: str, is_aside: bool
    ) -> QuerySet[PipelineJob]:
        if not is_aside:
            return jobs.filter(discarded_at=None)
        # Only dead letters can be put aside; the database takes the index job_put_aside
        # only where the condition names the status.
        return jobs.filter(status=JobStatus.DEAD_LETTER, discarded_at__isnull=False)

    def ended_within(
        self, jobs: PipelineJobQuerySet, _name: str, days: int
    ) -> QuerySet[PipelineJob]:
        earliest = timezone.now() - timedelta(days=days)
        # Every job with this time has ended, but the database takes the index job_ended
        # only where the condition names the statuses.
        return jobs.filter(status__in=JOB_ENDED, finished_at__gte=earliest)

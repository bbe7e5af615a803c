"""Bad ends in groups: by reason and kind, each with the link to exactly its jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max

from mlops.pages.shared.job_lists import kind_label, url
from preciso.request_cache import read_once
from training.choices import JobStatus
from training.filters.jobs import JobFilters
from training.models import PipelineJob
from training.reasons import Reason, reason_for

LOOK_BACK = 7  # days in which a failure still asks for somebody
Query = dict[str, Any]  # the query string of a list of jobs
DEAD: Query = {"status": "dead_letter", "discarded": "false"}
FAILED: Query = {"status": "failed", "days": LOOK_BACK}
ASIDE: Query = {"discarded": "true"}


@dataclass(frozen=True)
class BadEndGroup:
    """Jobs of one kind that ended badly for one reason."""

    code: str
    kind: str
    status: str
    count: int
    newest: datetime

    @property
    def reason(self) -> Reason:
        return reason_for(self.code, self.status)

    @property
    def kind_label(self) -> str:
        return kind_label(self.kind)

    @property
    def is_given_up(self) -> bool:
        return self.status == JobStatus.DEAD_LETTER

    @property
    def url(self) -> str:
        scope = DEAD if self.is_given_up else FAILED
        reason = {"reason": self.code} if self.code else {"has_reason": "false"}
        return url(**scope, kind=self.kind, **reason)


def _grouped(query: Query) -> list[BadEndGroup]:
    rows = (
        JobFilters(query, PipelineJob.objects.all())
        .qs.values_list("reason", "kind", "status")
        .annotate(n=Count("*"), newest=Max("finished_at"))
        .order_by("-newest")
    )
    return [BadEndGroup(*row) for row in rows]


def groups() -> list[BadEndGroup]:
    """The dead letters that nobody has put aside, newest first."""
    return _grouped(DEAD)


def group(code: str, kind: str) -> BadEndGroup | None:
    """The dead letters of one reason and kind; None where there is none (any more)."""
    matches = (row for row in groups() if (row.code, row.kind) == (code, kind))
    return next(matches, None)


@read_once
def bad_ends() -> list[BadEndGroup]:
    """The dead letters, and what failed in the last week. A retry takes a job out."""
    rows = _grouped(DEAD) + _grouped(FAILED)
    return sorted(rows, key=lambda group: group.newest, reverse=True)


def count() -> int:
    return PipelineJob.objects.dead_letters().count()


def count_put_aside() -> int:
    aside: int = JobFilters(ASIDE, PipelineJob.objects.all()).qs.count()
    return aside

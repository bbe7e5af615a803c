"""Bad ends in groups: by reason and kind, each with the link to exactly its jobs."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Max, Q

from mlops.selectors.job_lists import JobFilter, kind_label
from training.choices import JobStatus
from training.models import PipelineJob
from training.reasons import Reason, reason_for

LOOK_BACK = 7  # days in which a failure still asks for somebody
DEAD = JobFilter(status=JobStatus.DEAD_LETTER, aside="no")
FAILED = JobFilter(status=JobStatus.FAILED, days=LOOK_BACK)
ASIDE = JobFilter(aside="yes")


@dataclass(frozen=True)
class Group:
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
        return replace(scope, kind=self.kind, reason=self.code).url


def _grouped(condition: Q) -> list[Group]:
    rows = (
        PipelineJob.objects.filter(condition)
        .values_list("reason", "kind", "status")
        .annotate(n=Count("*"), newest=Max("finished_at"))
        .order_by("-newest")
    )
    return [Group(*row) for row in rows]


def groups() -> list[Group]:
    """The dead letters that nobody has put aside, newest first."""
    return _grouped(DEAD.condition)


def group(code: str, kind: str) -> Group | None:
    """The dead letters of one reason and kind; None where there is none (any more)."""
    wish = replace(DEAD, kind=kind, reason=code)
    return next(iter(_grouped(wish.condition)), None)


def bad_ends() -> list[Group]:
    """The dead letters, and what failed in the last week. A retry takes a job out."""
    found = _grouped(DEAD.condition) + _grouped(FAILED.condition)
    return sorted(found, key=lambda group: group.newest, reverse=True)


def count() -> int:
    return PipelineJob.objects.dead_letters().count()


def count_put_aside() -> int:
    return PipelineJob.objects.filter(ASIDE.condition).count()

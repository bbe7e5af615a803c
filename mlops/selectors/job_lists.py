"""Which jobs a list shows: the filters that counters link to, so both agree."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from preciso.tallies import tally
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
from training.reasons import reason_for

SETS: dict[str, tuple[str | Promise, tuple[JobStatus, ...]]] = {
    "active": (_("Unfinished"), JOB_ACTIVE),
    "waiting": (_("Waiting, also to try again"), JOB_DUE),
    "bad": (_("Ended badly"), (JobStatus.FAILED, JobStatus.DEAD_LETTER)),
}
ASIDE: dict[str, str | Promise] = {
    "yes": _("Put aside"),
    "no": _("Not put aside"),
}
LONGEST = 3650  # days
SYSTEM = "system"


@dataclass(frozen=True)
class JobFilter:
    """What a list of jobs is narrowed to; empty means all.

    ``status`` is a status or one of ``SETS``; ``reason`` may be the empty code, which
    is not the same as None; ``days`` keeps what ended that recently; ``since`` and
    ``until`` are the whole local days on which it was asked for.
    """

    status: str = ""
    kind: str = ""
    reason: str | None = None
    aside: str = ""
    days: int | None = None
    flow: str = ""
    person: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "JobFilter":
        """What cannot be understood filters nothing."""
        status, kind = query.get("status", ""), query.get("kind", "")
        aside, days = query.get("aside", ""), query.get("days", "")
        in_reach = days.isdecimal() and len(days) < 5 and int(days) <= LONGEST
        return cls(
            status=status if status in JobStatus.values or status in SETS else "",
            kind=kind,
            reason=query.get("reason"),
            aside=aside if aside in ASIDE else "",
            days=int(days) if in_reach else None,
            flow=query.get("flow", ""),
            person=query.get("person", ""),
            since=_day(query.get("since", "")),
            until=_day(query.get("until", "")),
        )

    @property
    def url(self) -> str:
        wish = {name: value for name, value in asdict(self).items() if value}
        if self.reason is not None:
            wish["reason"] = self.reason
        query = urlencode(wish)
        return reverse("mlops:jobs") + (f"?{query}" if query else "")

    @property
    def condition(self) -> Q:
        found = Q()
        if self.status:
            named = SETS[self.status][1] if self.status in SETS else (self.status,)
            found &= Q(status__in=named)
        if self.kind:
            found &= Q(kind=self.kind)
        if self.reason is not None:
            found &= Q(reason=self.reason)
        if self.aside == "yes":  # and only a dead letter is put aside
            found &= Q(status=JobStatus.DEAD_LETTER, discarded_at__isnull=False)
        if self.aside == "no":
            found &= Q(discarded_at=None)
        if self.days is not None:
            since = timezone.now() - timedelta(days=self.days)
            # What has a moment has ended; the index job_ended wants to know the state.
            found &= Q(status__in=JOB_ENDED, finished_at__gte=since)
        return found & self._asked_for

    @property
    def _asked_for(self) -> Q:
        """On which way, by whom and when."""
        found = Q()
        if self.flow:
            found &= Q(flow=self.flow)
        if self.person:
            nobody = self.person == SYSTEM
            found &= (
                Q(created_by=None) if nobody else Q(created_by__username=self.person)
            )
        if self.since:
            found &= Q(created_at__gte=_midnight(self.since))
        if self.until:
            found &= Q(created_at__lt=_midnight(self.until + timedelta(days=1)))
        return found

    @property
    def words(self) -> list[str]:
        """What the list is narrowed to, beyond one of the states above it."""
        narrower = asdict(replace(self, status="", reason=None)).values()
        if self.reason is None and not any(narrower) and self.status not in SETS:
            return []
        return [*self._state_words, *self._asked_for_words]

    @property
    def _state_words(self) -> list[str]:
        said = []
        if self.status:
            named = SETS.get(self.status)
            said.append(str(named[0] if named else JobStatus(self.status).label))
        if self.kind:
            said.append(kind_label(self.kind))
        if self.reason is not None:
            said.append(str(reason_for(self.reason).sentence))
        if self.aside:
            said.append(str(ASIDE[self.aside]))
        if self.days is not None:
            last = ngettext("Last %(days)d day", "Last %(days)d days", self.days)
            said.append(last % {"days": self.days})
        return said

    @property
    def _asked_for_words(self) -> list[str]:
        said = []
        if self.flow:
            said.append(str(dict(JobFlow.choices).get(self.flow, self.flow)))
        if self.person:
            said.append(gettext("the system") if self.person == SYSTEM else self.person)
        if self.since:
            said.append(gettext("from %(day)s") % {"day": date_format(self.since)})
        if self.until:
            said.append(gettext("up to %(day)s") % {"day": date_format(self.until)})
        return said


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year > 1 and day < date.max else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def kind_label(kind: str) -> str:
    """A kind in words; one that is not among them stays as it is called."""
    return str(JobKind(kind).label) if kind in JobKind.values else kind


@dataclass(frozen=True)
class Counter:
    """How many jobs are in a state; its link shows exactly these."""

    key: str
    label: str | Promise
    count: int


def jobs(wish: JobFilter) -> PipelineJobQuerySet:
    """Without what each reported in detail: a list has no use for it."""
    found = PipelineJob.objects.for_table().filter(wish.condition)
    return found.defer("run__report", "run__metrics", "run__artifacts")


def by_status() -> dict[str, int]:
    return tally(PipelineJob.objects.all(), "status", JobStatus, JobStatus.COMPLETED)


def counters() -> list[Counter]:
    counts = by_status()
    states = [Counter(s.value, s.label, counts[s]) for s in JobStatus]
    return [Counter("", _("All"), sum(counts.values())), *states]

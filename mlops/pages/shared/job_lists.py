"""The list of jobs: its counters, its addresses, and its filters in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from preciso.filters import SYSTEM, short
from preciso.value_counts import tally
from training.choices import JobFlow, JobKind, JobStatus
from training.filters.jobs import GROUPS, JobFilters
from training.models import PipelineJob
from training.models.jobs import PipelineJobQuerySet
from training.reasons import reason_for

RENAMED: dict[tuple[str, str | None], tuple[str, str | None]] = {
    ("person", None): ("created_by", None),
    ("aside", "yes"): ("discarded", "true"),
    ("aside", "no"): ("discarded", "false"),
    ("reason", ""): ("has_reason", "false"),
}


def url(**query: Any) -> str:
    """The list, narrowed by filters of ``JobFilters``."""
    return reverse("mlops:jobs") + (f"?{urlencode(query)}" if query else "")


def words(filters: JobFilters) -> list[str]:
    """What the list is narrowed to, beyond one of the states above it."""
    chosen = filters.chosen
    if not chosen.keys() - {"status"} and chosen.get("status") not in GROUPS:
        return []
    return [WORDS[name](value) for name, value in chosen.items()]


def _status_label(status: str) -> str:
    return str(GROUPS[status][0] if status in GROUPS else JobStatus(status).label)


def kind_label(kind: str) -> str:
    """A kind in words; one that is not among them stays as it is called."""
    return str(JobKind(kind).label) if kind in JobKind.values else kind


def _last_days(days: int) -> str:
    return ngettext("Last %(days)d day", "Last %(days)d days", days) % {"days": days}


def _from(day: date) -> str:
    return gettext("from %(day)s") % {"day": date_format(day)}


def _until(day: date) -> str:
    return gettext("up to %(day)s") % {"day": date_format(day)}


WORDS: dict[str, Callable[[Any], str]] = {
    "status": _status_label,
    "kind": kind_label,
    "flow": lambda flow: str(JobFlow(flow).label),
    "reason": lambda code: str(reason_for(code).sentence),
    "has_reason": lambda has_one: (
        gettext("With a reason") if has_one else str(reason_for("").sentence)
    ),
    "discarded": lambda is_aside: (
        gettext("Put aside") if is_aside else gettext("Not put aside")
    ),
    "days": _last_days,
    "created_by": lambda name: gettext("the system") if name == SYSTEM else name,
    "since": _from,
    "until": _until,
    "created_since": lambda at: gettext("from %(day)s") % {"day": short(at)},
    "created_before": lambda at: gettext("before %(time)s") % {"time": short(at)},
    "finished_since": lambda at: gettext("ended from %(time)s") % {"time": short(at)},
    "finished_before": lambda at: (
        gettext("ended before %(time)s") % {"time": short(at)}
    ),
}


@dataclass(frozen=True)
class Counter:
    """How many jobs are in a state; its link shows exactly these."""

    key: str
    label: str | Promise
    count: int


def jobs() -> PipelineJobQuerySet:
    """Without what each reported in detail: a list has no use for it."""
    jobs = PipelineJob.objects.for_table()
    return jobs.defer("run__report", "run__metrics", "run__artifacts")


def by_status() -> dict[str, int]:
    return tally(PipelineJob.objects.all(), "status", JobStatus, JobStatus.COMPLETED)


def counters() -> list[Counter]:
    counts = by_status()
    states = [Counter(s.value, s.label, counts[s]) for s in JobStatus]
    return [Counter("", _("All"), sum(counts.values())), *states]

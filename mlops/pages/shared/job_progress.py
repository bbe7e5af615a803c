"""How a running job gets on: what is left of it in words, and what to announce."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from training.choices import JobStatus
from training.models import JobAttempt, PipelineJob

LEAST_DONE, LEAST_SECONDS = 0.05, 3.0  # before that, a guess would jump about


def time_left(job: PipelineJob, since: datetime | None) -> str:
    """By the speed of this attempt so far; empty where that says nothing yet."""
    done = job.progress or 0.0
    if job.status != JobStatus.PROCESSING or since is None or done >= 1:
        return ""
    passed = (timezone.now() - since).total_seconds()
    if done < LEAST_DONE or passed < LEAST_SECONDS:
        return ""
    return _in_words(passed * (1 - done) / done)


def _in_words(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return _("less than a minute left")
    if minutes < 90:
        said = ngettext("about %(n)d minute left", "about %(n)d minutes left", minutes)
        return said % {"n": minutes}
    hours = round(minutes / 60)
    return ngettext("about %(n)d hour left", "about %(n)d hours left", hours) % {
        "n": hours
    }


def newest_start(job: PipelineJob) -> datetime | None:
    """When the attempt that runs now began."""
    tries = JobAttempt.objects.filter(job=job, number=job.attempt)
    return tries.values_list("started_at", flat=True).first()


@dataclass(frozen=True)
class Announcement:
    """What a screen reader is told: a new state or another quarter, not each tick."""

    key: str
    sentence: str


def announcement(job: PipelineJob) -> Announcement:
    quarters = int((job.progress or 0) * 4)
    state = str(JobStatus(job.status).label)
    if job.status != JobStatus.PROCESSING or not quarters:
        return Announcement(job.status, state)
    said = _("%(state)s, %(share)d %% done") % {"state": state, "share": quarters * 25}
    return Announcement(f"{job.status}-{quarters}", said)

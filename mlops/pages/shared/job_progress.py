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
    minutes = round(passed * (1 - done) / done / 60)
    if minutes < 1:
        return _("less than a minute left")
    if minutes < 90:
        text = ngettext("about %(n)d minute left", "about %(n)d minutes left", minutes)
        return text % {"n": minutes}
    hours = round(minutes / 60)
    return ngettext("about %(n)d hour left", "about %(n)d hours left", hours) % {
        "n": hours
    }


def newest_start(job: PipelineJob) -> datetime | None:
    """When the attempt that runs now began."""
    attempts = JobAttempt.objects.filter(job=job, number=job.attempt)
    return attempts.values_list("started_at", flat=True).first()


@dataclass(frozen=True)
class Announcement:
    """What a screen reader is told: a new state or another quarter, not each tick."""

    key: str
    sentence: str


def announcement(job: PipelineJob) -> Announcement:
    """What there is to say of the job now; the same key means that nothing is new."""
    quarters = int((job.progress or 0) * 4)
    state = str(JobStatus(job.status).label)
    if job.status != JobStatus.PROCESSING or not quarters:
        return Announcement(job.status, state)
    words = {"state": state, "share": quarters * 25}
    sentence = _("%(state)s, %(share)d %% done") % words
    return Announcement(f"{job.status}-{quarters}", sentence)

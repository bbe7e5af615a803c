"""The page of one job: its path of states, its log and its curves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mlops.pages.jobs import job_history
from mlops.pages.shared import job_progress
from mlops.pages.shared.job_curves import curves
from training.choices import JOB_ENDED, JobStatus
from training.models import AuditEvent, JobLogLine, PipelineJob
from training.reasons import reason_for

LOG_LINES = 1000
END_STATE = {
    JobStatus.COMPLETED: "end-good",
    JobStatus.FAILED: "end-bad",
    JobStatus.DEAD_LETTER: "end-bad",
    JobStatus.CANCELED: "end-flat",
}


@dataclass(frozen=True)
class Box:
    """One state on the job's path.

    ``state``: ``done``, ``now``, ``ahead``, or for the last one an ``END_STATE``.
    """

    label: str | Promise
    state: str
    moment: datetime | None = None
    note: str | Promise = ""

    @property
    def is_current(self) -> bool:
        return self.state not in ("done", "ahead")


def path(job: PipelineJob) -> list[Box]:
    """Where the job has been, is, and may still go."""
    status = JobStatus(job.status)
    waiting = _waiting_box(job, status)
    boxes = [waiting, _running_box(job, status)]
    if status == JobStatus.RETRYING:
        boxes.append(
            Box(_("Waiting to try again"), "now", note=_("then it runs again"))
        )
    if status in JOB_ENDED:
        boxes.append(Box(status.label, END_STATE[status], job.finished_at))
    else:
        boxes.append(Box(JobStatus.COMPLETED.label, "ahead"))
    return boxes


def _waiting_box(job: PipelineJob, status: JobStatus) -> Box:
    state = "now" if status == JobStatus.PENDING else "done"
    return Box(JobStatus.PENDING.label, state, job.created_at)


def _running_box(job: PipelineJob, status: JobStatus) -> Box:
    if status == JobStatus.PROCESSING:
        return Box(_("Running"), "now", job.started_at)
    if status == JobStatus.PENDING:
        return Box(_("Running"), "ahead")
    if job.started_at is None:
        return Box(_("Running"), "ahead", note=_("never started"))
    return Box(_("Running"), "done", job.started_at)


def log_after(job: PipelineJob, seq: int) -> list[JobLogLine]:
    """The lines after ``seq``; from the start, only the newest thousand."""
    lines = job.log_lines.filter(seq__gt=seq).order_by("-seq")[:LOG_LINES]
    return list(reversed(lines))


def put_aside_by(job: PipelineJob) -> str:
    """Who put the dead letter aside; empty where nobody did."""
    if job.discarded_at is None:
        return ""
    event = AuditEvent.objects.about(job).filter(action="job.discarded").last()
    return event.actor_label if event else ""


def job_panel(job: PipelineJob) -> dict[str, Any]:
    """The part of a job's page that changes while it runs."""
    events = list(job.events.select_related("actor"))
    attempts = list(job.attempts.order_by("number"))
    since = attempts[-1].started_at if attempts else None
    return {
        "job": job,
        "left": job_progress.time_left(job, since),
        "said": job_progress.announcement(job),
        "run": getattr(job, "run", None),
        "boxes": path(job),
        "reason": reason_for(job.reason, job.status) if job.reason else None,
        "put_aside_by": put_aside_by(job),
        "attempts": job_history.cards(job, attempts, events),
        "history": job_history.lines(job, attempts, events),
        **curves(job),
    }

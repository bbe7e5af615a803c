"""How an attempt ends: completed, to be tried again, failed, given up, canceled."""

import logging
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from preciso.clock import DatabaseNow
from preciso.redaction import redact
from training.choices import JOB_ENDED, JobRole, JobStatus, JobWarning
from training.errors import StaleState
from training.execution.job_handlers import JobFailed, JobResult, after_end_of
from training.models import AuditEvent, JobEvent, PipelineJob
from training.models.job_movers import Mover
from training.reasons import reason_for

logger = logging.getLogger(__name__)
LONGEST_BACKOFF = 300.0  # seconds
RETRIED_AT_ONCE = ("worker_stopped",)


def backoff(attempt: int) -> timedelta:
    """Exponential with jitter: at most 4 s, 12 s, 36 s ... before the next attempt."""
    longest = min(LONGEST_BACKOFF, 4.0 * 3 ** (attempt - 1))
    return timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311


def complete(job: PipelineJob, result: JobResult) -> None:
    """End the attempt well and publish its result, in one transaction.

    Publishing comes after the fence: a stale attempt is refused before it publishes.
    """

    def publish() -> None:
        if more_output := result.publish():
            PipelineJob.objects.filter(pk=job.pk).update(
                output={**result.output, **more_output}
            )

    _end(job, JobStatus.COMPLETED, publish=publish, output=result.output, progress=1.0)


def fail(
    job: PipelineJob,
    failure: JobFailed,
    *,
    by: str | Mover = "",
    only_if: Q = Q(),  # noqa: B008
) -> JobStatus:
    """End the attempt with a typed reason; the reason decides what comes next.

    ``by`` names who says so where it is not the job's own worker.
    """
    changes: dict[str, Any] = {}
    if job.cancel_requested_at is not None:
        return cancel(job, by=by, only_if=only_if)
    if not reason_for(failure.reason).retryable:
        status = JobStatus.FAILED
    elif job.attempt >= job.max_attempts:
        status = JobStatus.DEAD_LETTER
    else:
        status = JobStatus.RETRYING
        pause = (
            timedelta() if failure.reason in RETRIED_AT_ONCE else backoff(job.attempt)
        )
        changes["run_after"] = Now() + pause  # by the clock that says what is due
    _end(
        job,
        status,
        by=by,
        only_if=only_if,
        reason=failure.reason,
        reason_detail=redact(failure.detail).replace("\0", "")[:2000],
        trace=redact(failure.trace).replace("\0", "")[-20_000:],
        **changes,
    )
    return status


def cancel(
    job: PipelineJob,
    *,
    by: str | Mover = "",
    only_if: Q = Q(),  # noqa: B008
) -> JobStatus:
    """End the attempt because a person asked for it."""
    _end(
        job,
        JobStatus.CANCELED,
        by=by,
        only_if=only_if,
        reason="canceled_by_person",
    )
    return JobStatus.CANCELED


@transaction.atomic
def _end(
    job: PipelineJob,
    status: JobStatus,
    *,
    by: str | Mover = "",
    only_if: Q = Q(),  # noqa: B008
    publish: Callable[[], None] | None = None,
    **changes: Any,
) -> None:
    """Move the job out of its attempt; what belongs to that is written with it."""
    job.move(status, by=by or job.worker, only_if=only_if, **changes)
    job.attempts.filter(number=job.attempt, ended_at=None).update(
        ended_at=DatabaseNow(), outcome=status, reason=job.reason, trace=job.trace
    )
    if publish is not None:
        publish()
    if status not in JOB_ENDED:
        return
    AuditEvent.objects.record(
        f"job.{status}",
        actor=job.cancel_requested_by if status == JobStatus.CANCELED else None,
        subject=job,
        attempt=job.attempt,
        reason=job.reason,
    )
    try:
        with transaction.atomic():  # a defect of what follows keeps no job open
            after_end_of(job.kind)(job)
    except Exception:
        logger.exception("%s has ended; what its kind does then failed", job)


def warn(job: PipelineJob, attempt: int, warning: JobWarning) -> None:
    """Keep a warning about an attempt in the job's history."""
    mover = Mover(JobRole.WORKER, job.worker)
    JobEvent.objects.create(
        job=job,
        attempt=attempt,
        by=mover.by,
        role=mover.role,
        worker=mover.worker,
        note=warning.note,
        warning=warning,
    )


def note_late_write(job: PipelineJob, attempt: int, warning: JobWarning) -> None:
    """Keep that an attempt which had lost the job still tried to write."""
    logger.warning("%s, attempt %d: %s", job, attempt, warning.note)
    warn(job, attempt, warning)


def complete_unless_lost(job: PipelineJob, result: JobResult) -> None:
    """Complete; a result that comes too late is noted and changes nothing."""
    attempt = job.attempt
    try:
        complete(job, result)
    except StaleState:
        note_late_write(job, attempt, JobWarning.LATE_RESULT)

"""How an attempt ends: completed, to be tried again, failed, given up, canceled."""

import logging
import random
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from training.choices import JobStatus
from training.errors import StaleState
from training.execution.logbook import redact
from training.models import AuditEvent, JobAttempt, JobEvent, PipelineJob
from training.reasons import reason_for
from training.registry import Done, JobFailed

logger = logging.getLogger(__name__)
LONGEST_BACKOFF = 300.0  # seconds
WITHOUT_DELAY = ("worker_stopped",)


def backoff(attempt: int) -> timedelta:
    """Exponential with jitter: at most 4 s, 12 s, 36 s ... before the next attempt."""
    longest = min(LONGEST_BACKOFF, 4.0 * 3 ** (attempt - 1))
    return timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311


def complete(job: PipelineJob, done: Done) -> None:
    """End the attempt well and publish its result, in one transaction.

    Publishing comes after the fence: a stale attempt is refused before it publishes.
    """
    with transaction.atomic():
        _end(job, JobStatus.COMPLETED, output=done.output, progress=1.0)
        published = done.publish()
        if published:
            PipelineJob.objects.filter(pk=job.pk).update(
                output={**done.output, **published}
            )


def fail(
    job: PipelineJob,
    failure: JobFailed,
    *,
    by: str = "",
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
        pause = timedelta() if failure.reason in WITHOUT_DELAY else backoff(job.attempt)
        changes["run_after"] = timezone.now() + pause
    with transaction.atomic():
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
    by: str = "",
    only_if: Q = Q(),  # noqa: B008
) -> JobStatus:
    """End the attempt because a person asked for it."""
    with transaction.atomic():
        _end(
            job,
            JobStatus.CANCELED,
            by=by,
            only_if=only_if,
            reason="canceled_by_person",
        )
    return JobStatus.CANCELED


def _end(
    job: PipelineJob,
    status: JobStatus,
    *,
    by: str = "",
    only_if: Q = Q(),  # noqa: B008
    **changes: Any,
) -> None:
    job.move(status, by=by or job.worker, only_if=only_if, **changes)
    JobAttempt.objects.filter(job=job, number=job.attempt, ended_at=None).update(
        ended_at=timezone.now(),
        outcome=status,
        reason=changes.get("reason", ""),
        trace=changes.get("trace", ""),
    )
    if status != JobStatus.RETRYING:
        AuditEvent.objects.record(
            f"job.{status}",
            actor=job.cancel_requested_by if status == JobStatus.CANCELED else None,
            subject=job,
            attempt=job.attempt,
            reason=job.reason,
        )


def note_late_write(job: PipelineJob, attempt: int, what: str) -> None:
    """Keep that an attempt which had lost the job still tried to write."""
    logger.warning("%s: attempt %d was late with %s", job, attempt, what)
    JobEvent.objects.create(
        job=job, attempt=attempt, by=job.worker or "worker", note=f"late {what}"
    )


def finish_quietly(job: PipelineJob, done: Done) -> None:
    """Complete; a result that comes too late is noted and changes nothing."""
    attempt = job.attempt
    try:
        complete(job, done)
    except StaleState:
        note_late_write(job, attempt, "result")

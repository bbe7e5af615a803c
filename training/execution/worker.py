"""Runs claimed jobs: the context that a handler sees, and how an attempt ends."""

import logging
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Max
from django.utils import translation

from preciso.redaction import redact
from training.choices import JobStatus, JobWarning
from training.errors import DomainError, StaleState
from training.execution import endings
from training.execution.claims import claim_next
from training.execution.job_handlers import (
    AttemptLost,
    JobCanceled,
    JobFailed,
    JobProgress,
    handler_for,
)
from training.execution.logbook import Logbook
from training.models import (
    JobAttempt,
    JobLogLine,
    JobMetric,
    PipelineJob,
)

logger = logging.getLogger(__name__)
IsStopping = Callable[[], bool]


class WorkerContext:
    """What a handler may ask of its worker; ``job_handlers.Context`` documents it.

    Times are the process's own monotonic clock: they bound how long this worker goes
    on, while the lease in the row is set and compared by the database's clock.
    """

    def __init__(self, job: PipelineJob, stopping: IsStopping) -> None:
        self.job = job
        self._stopping = stopping
        self._stopping_since: float | None = None
        self._unsaved: list[JobLogLine] = []
        self._unsaved_metrics: list[tuple[str, float, int]] = []
        self._unsaved_progress: JobProgress | None = None
        self._started = self._renewed = time.monotonic()

    @cached_property
    def attempt(self) -> JobAttempt:
        return JobAttempt.objects.get(job=self.job, number=self.job.attempt)

    @cached_property
    def directory(self) -> Path:
        directory = Path(self.attempt.directory)
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    @cached_property
    def _logbook(self) -> Logbook:
        lines = JobLogLine.objects.filter(job=self.job)
        return Logbook(self.job, lines.aggregate(last=Max("seq"))["last"] or 0)

    def report(
        self,
        *,
        lines: Sequence[str | bytes] = (),
        metrics: Sequence[tuple[str, float, int]] = (),
        progress: JobProgress | None = None,
    ) -> None:
        raw = [line.encode() if isinstance(line, str) else line for line in lines]
        self._unsaved += self._logbook.rows(raw)
        self._unsaved_metrics += metrics
        self._unsaved_progress = progress or self._unsaved_progress
        self._save()

    def warn(self, warning: JobWarning) -> None:
        try:
            with transaction.atomic():
                endings.warn(self.job, self.job.attempt, warning)
        except DatabaseError as error:
            self._survive(error)

    def close_log(self) -> None:
        self._unsaved += self._logbook.closing_rows()
        self._save()

    def _save(self) -> None:
        """Write what is not written yet; without the database it is kept for later."""
        job = self.job
        try:
            with transaction.atomic():
                self._renew_lease()
                if progress := self._unsaved_progress:
                    PipelineJob.objects.filter(pk=job.pk).update(
                        progress=progress.fraction,
                        progress_note=redact(progress.note),
                        progress_step=progress.step,
                    )
                JobLogLine.objects.bulk_create(self._unsaved, batch_size=500)
                JobMetric.objects.bulk_create(
                    JobMetric(
                        job=job, attempt=job.attempt, name=name, value=value, step=step
                    )
                    for name, value, step in self._unsaved_metrics
                )
        except DatabaseError as error:
            self._survive(error)
            return
        self._unsaved, self._unsaved_metrics = [], []
        self._unsaved_progress = None

    def _renew_lease(self) -> None:
        if not self.job.extend_lease(seconds=settings.JOB_LEASE_SECONDS):
            raise AttemptLost
        self._renewed = time.monotonic()

    @property
    def grace(self) -> float:
        grace: float = settings.JOB_CANCEL_GRACE_SECONDS
        return grace if self._stopping_since is None else grace / 2

    def check(self) -> None:
        now = time.monotonic()
        if self._stopping():
            # The work may finish for half of the grace; the other half is the child's.
            self._stopping_since = self._stopping_since or now
            if now - self._stopping_since >= settings.JOB_CANCEL_GRACE_SECONDS / 2:
                raise JobFailed("worker_stopped")
        allowed = self.job.deadline_seconds
        if allowed is None:
            allowed = settings.JOB_DEADLINE_SECONDS
        if now - self._started > allowed:
            raise JobFailed("timeout", f"{allowed} s")
        self.keep_lease()
        try:
            cancel_requested = PipelineJob.objects.filter(
                pk=self.job.pk, cancel_requested_at__isnull=False
            ).exists()
        except DatabaseError as error:
            self._survive(error)
            return
        if cancel_requested:
            raise JobCanceled

    def keep_lease(self) -> None:
        if time.monotonic() - self._renewed > settings.JOB_HEARTBEAT_SECONDS:
            try:
                self._renew_lease()
            except DatabaseError as error:
                self._survive(error)

    def _survive(self, error: DatabaseError) -> None:
        """Go on without the database for as long as the lease lasts by our own clock.

        It may be back in a moment; past the lease the job may be another worker's.
        """
        logger.warning("%s: the database did not answer: %s", self.job, error)
        if not connection.in_atomic_block:
            connection.close()
        if time.monotonic() - self._renewed > settings.JOB_LEASE_SECONDS:
            raise AttemptLost from error


def work(stopping: IsStopping = lambda: False) -> int:
    """Claim and run the best due job, again and again until none is left.

    Returns how many were run. ``stopping`` says that the worker is being shut down.
    """
    count = 0
    while not stopping() and (job := claim_next()):
        run_claimed(job, stopping)
        count += 1
    return count


@translation.override("en")
def run_claimed(job: PipelineJob, stopping: IsStopping = lambda: False) -> None:
    """Run the handler of a claimed job and record how the attempt ended.

    What it records for engineers is English, whoever's language is on.
    """
    attempt = job.attempt
    try:
        with _typed_failures(job):
            handler = handler_for(job.kind)
            if handler is None:
                raise JobFailed("internal_error", f"no handler for {job.kind}")
            result = handler(WorkerContext(job, stopping))
            endings.complete_unless_lost(job, result)
    except AttemptLost:
        job.refresh_from_db()
        endings.note_late_write(job, attempt, JobWarning.LATE_HEARTBEAT)
    except JobCanceled:
        _end_unless_lost(job, attempt, partial(endings.cancel, job))
    except JobFailed as failure:
        _end_unless_lost(job, attempt, partial(endings.fail, job, failure))


@contextmanager
def _typed_failures(job: PipelineJob) -> Iterator[None]:
    """Every way of failing becomes a JobFailed with a reason of the catalogue."""
    try:
        yield
    except (AttemptLost, JobCanceled, JobFailed):
        raise
    except DomainError as refusal:
        is_missing = refusal.code in ("file_missing", "artifact_missing")
        reason = "file_missing" if is_missing else "internal_error"
        raise JobFailed(reason, str(refusal), traceback.format_exc()) from refusal
    except (DatabaseError, OSError) as error:
        raise JobFailed(
            "temporary_failure", str(error), traceback.format_exc()
        ) from error
    except Exception as error:
        logger.exception("%s failed inside", job)
        raise JobFailed("internal_error", str(error), traceback.format_exc()) from error


def _end_unless_lost(
    job: PipelineJob, attempt: int, end: Callable[[], JobStatus]
) -> None:
    """End the attempt; one that has lost the job leaves a warning in its history."""
    job.refresh_from_db()  # whether a person has asked to cancel it decides the end
    if job.attempt != attempt:
        endings.note_late_write(job, attempt, JobWarning.LATE_END)
        return
    try:
        end()
    except StaleState:
        endings.note_late_write(job, attempt, JobWarning.LATE_END)

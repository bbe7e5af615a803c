"""Running claimed jobs: the context that a handler sees, and what its end means."""

import logging
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
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
    Done,
    JobCanceled,
    JobFailed,
    Progress,
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
Stopping = Callable[[], bool]


class WorkerContext:
    """What a handler may ask of its worker (see ``job_handlers.Context``)."""

    def __init__(self, job: PipelineJob, stopping: Stopping) -> None:
        self.job = job
        self._stopping = stopping
        self._stop_seen: float | None = None
        self._unsaved: list[JobLogLine] = []
        self._unsaved_metrics: list[tuple[str, float, int]] = []
        self._unsaved_progress: Progress | None = None
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
        progress: Progress | None = None,
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
        except DatabaseError as trouble:
            self._bear(trouble)

    def close_log(self) -> None:
        self._unsaved += self._logbook.closing_rows()
        self._save()

    def _save(self) -> None:
        """Write what is not written yet; without the database it is kept for later."""
        job = self.job
        try:
            with transaction.atomic():
                self._renew(self._unsaved_progress)
                JobLogLine.objects.bulk_create(self._unsaved, batch_size=500)
                JobMetric.objects.bulk_create(
                    JobMetric(
                        job=job, attempt=job.attempt, name=name, value=value, step=step
                    )
                    for name, value, step in self._unsaved_metrics
                )
        except DatabaseError as trouble:
            self._bear(trouble)
            return
        self._unsaved, self._unsaved_metrics = [], []
        self._unsaved_progress = None

    def _renew(self, progress: Progress | None) -> None:
        if not self.job.extend_lease(seconds=settings.JOB_LEASE_SECONDS):
            raise AttemptLost
        self._renewed = time.monotonic()
        if progress is not None:
            PipelineJob.objects.filter(pk=self.job.pk).update(
                progress=progress.fraction,
                progress_note=redact(progress.note),
                progress_step=progress.step,
            )

    @property
    def grace(self) -> float:
        grace: float = settings.JOB_CANCEL_GRACE_SECONDS
        return grace if self._stop_seen is None else grace / 2

    def check(self) -> None:
        if self._stopping():
            self._heed_stop()
        allowed = self.job.deadline_seconds
        if allowed is None:
            allowed = settings.JOB_DEADLINE_SECONDS
        if time.monotonic() - self._started > allowed:
            raise JobFailed("timeout", f"{allowed} s")
        self.keep_lease()
        try:
            asked = PipelineJob.objects.filter(
                pk=self.job.pk, cancel_requested_at__isnull=False
            ).exists()
        except DatabaseError as trouble:
            self._bear(trouble)
            return
        if asked:
            raise JobCanceled

    def keep_lease(self) -> None:
        if time.monotonic() - self._renewed > settings.JOB_HEARTBEAT_SECONDS:
            try:
                self._renew(None)
            except DatabaseError as trouble:
                self._bear(trouble)

    def _heed_stop(self) -> None:
        """Let the work finish for half of the grace; the other half is the child's."""
        now = time.monotonic()
        self._stop_seen = self._stop_seen or now
        if now - self._stop_seen >= settings.JOB_CANCEL_GRACE_SECONDS / 2:
            raise JobFailed("worker_stopped")

    def _bear(self, trouble: DatabaseError) -> None:
        """Go on without the database for as long as the lease lasts by our own clock.

        It may be back in a moment; past the lease the job may be another worker's.
        """
        logger.warning("%s: the database did not answer: %s", self.job, trouble)
        if not connection.in_atomic_block:
            connection.close()
        if time.monotonic() - self._renewed > settings.JOB_LEASE_SECONDS:
            raise AttemptLost from trouble


def work(stopping: Stopping = lambda: False) -> int:
    """Claim and run the best due job, again and again until none is left.

    Returns how many were run. ``stopping`` says that the worker is being shut down.
    """
    count = 0
    while not stopping() and (job := claim_next()):
        run_claimed(job, stopping)
        count += 1
    return count


@translation.override("en")
def run_claimed(job: PipelineJob, stopping: Stopping = lambda: False) -> None:
    """Run the handler of a claimed job and record how the attempt ended.

    What it records for engineers is English, whoever's language is on.
    """
    attempt = job.attempt
    try:
        with _typed_failures(job):
            endings.finish_quietly(job, _handle(job, stopping))
    except AttemptLost:
        job.refresh_from_db()
        endings.note_late_write(job, attempt, JobWarning.LATE_HEARTBEAT)
    except JobCanceled:
        _record(job, attempt, lambda: endings.cancel(job))
    except JobFailed as failure:
        told = failure
        _record(job, attempt, lambda: endings.fail(job, told))


def _handle(job: PipelineJob, stopping: Stopping) -> Done:
    handler = handler_for(job.kind)
    if handler is None:
        raise JobFailed("internal_error", f"no handler for {job.kind}")
    return handler(WorkerContext(job, stopping))


@contextmanager
def _typed_failures(job: PipelineJob) -> Iterator[None]:
    """Every way of failing becomes a JobFailed with a reason of the catalogue."""
    try:
        yield
    except (AttemptLost, JobCanceled, JobFailed):
        raise
    except DomainError as refusal:
        missing = refusal.code in ("file_missing", "artifact_missing")
        reason = "file_missing" if missing else "internal_error"
        raise JobFailed(reason, str(refusal), traceback.format_exc()) from refusal
    except (DatabaseError, OSError) as trouble:
        raise JobFailed(
            "temporary_failure", str(trouble), traceback.format_exc()
        ) from trouble
    except Exception as defect:
        logger.exception("%s failed inside", job)
        raise JobFailed(
            "internal_error", str(defect), traceback.format_exc()
        ) from defect


def _record(job: PipelineJob, attempt: int, end: Callable[[], JobStatus]) -> None:
    job.refresh_from_db()
    if job.attempt != attempt:
        endings.note_late_write(job, attempt, JobWarning.LATE_END)
        return
    try:
        end()
    except StaleState:
        endings.note_late_write(job, attempt, JobWarning.LATE_END)

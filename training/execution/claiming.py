"""Taking the best due job: one conditional UPDATE, and a slot nobody else has."""

import os
import random
import socket
import threading
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from training.choices import JobStatus
from training.errors import StaleState
from training.models import JobAttempt, PipelineJob
from training.registry import all_slots

TRIES = 50
_had = threading.local()


def worker_name() -> str:
    """Who this process is, in the history of jobs."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _free_slots() -> dict[str, list[str]]:
    taken = set(PipelineJob.objects.processing().values_list("slot", flat=True))
    free = {
        kind: [slot for slot in slots if slot not in taken]
        for kind, slots in all_slots().items()
    }
    return {kind: slots for kind, slots in free.items() if slots}


def claimable() -> bool:
    """Whether some job is due and a slot for it is free. A look, not a promise."""
    free = _free_slots()
    return bool(free) and PipelineJob.objects.due().filter(kind__in=free).exists()


def claim_next() -> PipelineJob | None:
    """Claim the most urgent, oldest due job that has a free slot; None if none is.

    The slot is taken by its unique constraint and the row by a conditional UPDATE: of
    two workers at once, one gets the job and the other looks again.
    """
    for _try in range(TRIES):
        try:
            return _claim_best()
        except (IntegrityError, StaleState):
            continue  # the slot was taken meanwhile, or the job was
    return None  # the next look is a second away


@transaction.atomic
def _claim_best() -> PipelineJob | None:
    free = _free_slots()
    # With several slots free, rows that others are claiming are passed over. With one,
    # they are waited for: passing over would give the last slot to the second best.
    # (SQLite has one writer at a time and ignores the lock; the UPDATE decides.)
    several = any(len(slots) > 1 for slots in free.values())
    due = PipelineJob.objects.due().select_for_update(skip_locked=several, no_key=True)
    job = due.filter(kind__in=free).first() if free else None
    if job is not None:
        _take(job, _choose(free[job.kind]))
    return job


def _choose(slots: list[str]) -> str:
    """The slot this thread had last, or one by chance: workers seldom want the same."""
    last: str = getattr(_had, "slot", "")
    _had.slot = last if last in slots else random.choice(slots)  # noqa: S311
    return str(_had.slot)


def _take(job: PipelineJob, slot: str) -> None:
    worker = worker_name()
    number = job.attempt + 1
    job.move(
        JobStatus.PROCESSING,
        by=worker,
        attempt=number,
        slot=slot,
        worker=worker,
        lease_expires_at=Now() + timedelta(seconds=settings.JOB_LEASE_SECONDS),
        started_at=job.started_at or timezone.now(),
        reason="",
        reason_detail="",
        trace="",
        progress=None,
        progress_note="",
    )
    JobAttempt.objects.create(
        job=job,
        number=number,
        worker=worker,
        directory=str(attempt_directory(job.pk, number)),
    )


def attempt_directory(job_id: int, number: int) -> Path:
    """Where an attempt works: fresh for each, on the worker's own disk."""
    root = Path(settings.DATA_DIR)
    return root / "attempts" / f"job-{job_id}" / f"attempt-{number}"

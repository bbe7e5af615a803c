"""Taking the best due job: a row that nobody else takes, and a slot that is free."""

import os
import random
import socket
import threading
from datetime import timedelta
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Coalesce, Now

from preciso.clock import DatabaseNow
from training.choices import JobStatus
from training.errors import StaleState
from training.execution.job_handlers import all_slots
from training.models import JobAttempt, PipelineJob
from training.models.jobs import BEFORE_AN_ATTEMPT

TRIES = 50
_last = threading.local()


@cache
def worker_name() -> str:
    """Who this process is, in the history of jobs."""
    return f"{socket.gethostname()}:{os.getpid()}"


os.register_at_fork(after_in_child=worker_name.cache_clear)


def _free_slots() -> dict[str, list[str]]:
    """The free slots of each kind of job that has any."""
    # Asked by the slot and not by the status: its index alone answers, on SQLite also
    # after an ANALYZE, which makes a status look too common to be worth an index.
    running = PipelineJob.objects.filter(slot__isnull=False)
    occupied = set(running.values_list("slot", flat=True))
    free = {
        kind: [slot for slot in slots if slot not in occupied]
        for kind, slots in all_slots().items()
    }
    return {kind: slots for kind, slots in free.items() if slots}


def claimable() -> bool:
    """Whether some job is due and a slot for it is free. A look, not a promise."""
    free = _free_slots()
    return bool(free) and PipelineJob.objects.due().filter(kind__in=free).exists()


def claim_next() -> PipelineJob | None:
    """Claim the most urgent, oldest due job that has a free slot; None if none is.

    The row is chosen under a lock and moved by a conditional UPDATE, the slot is taken
    by its unique constraint: of two workers at once, one gets the job and the other
    looks again.
    """
    for _try in range(TRIES):
        free = _free_slots()
        try:
            job = _claim_best(free) if free else None
        except (IntegrityError, StaleState):
            continue  # the slot, or the job, was taken meanwhile
        _last.slot = job.slot if job else ""
        return job
    return None  # the next look is a second away


@transaction.atomic
def _claim_best(free: dict[str, list[str]]) -> PipelineJob | None:
    """Raises IntegrityError where another worker has taken the slot meanwhile."""
    # With several slots free, rows that others are claiming are passed over. With one,
    # they are waited for: passing over would give the last slot to the second best.
    # SQLite ignores the lock: its transactions begin as the only writer.
    several = any(len(slots) > 1 for slots in free.values())
    due = PipelineJob.objects.due().filter(kind__in=free)
    job = due.select_for_update(skip_locked=several, no_key=True).first()
    if job is None:
        return None
    # The slot this thread had last, or one by chance: workers seldom want the same.
    slots, last_slot = free[job.kind], getattr(_last, "slot", "")
    slot = last_slot if last_slot in slots else random.choice(slots)  # noqa: S311
    worker = worker_name()
    job.move(
        JobStatus.PROCESSING,
        by=worker,
        worker=worker,
        attempt=job.attempt + 1,
        slot=slot,
        lease_expires_at=Now() + timedelta(seconds=settings.JOB_LEASE_SECONDS),
        started_at=Coalesce("started_at", DatabaseNow()),
        **BEFORE_AN_ATTEMPT,
    )
    # Each attempt works in a fresh place, on the worker's own disk.
    directory = Path(settings.DATA_DIR, "attempts", f"job-{job.pk}")
    JobAttempt.objects.create(
        job=job,
        number=job.attempt,
        worker=worker,
        directory=str(directory / f"attempt-{job.attempt}"),
    )
    return job

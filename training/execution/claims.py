"""Taking the best due job: one statement, and a slot nobody else has."""

import os
import random
import socket
import threading
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError

from training.execution.job_handlers import all_slots
from training.models import PipelineJob, moves
from training.models.moves import FirstRow

TRIES = 50
_had = threading.local()


@cache
def worker_name() -> str:
    """Who this process is, in the history of jobs."""
    return f"{socket.gethostname()}:{os.getpid()}"


os.register_at_fork(after_in_child=worker_name.cache_clear)


def _free_slots() -> dict[str, list[str]]:
    taken = moves.taken_slots()
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
        free = _free_slots()
        try:
            job = _claim_best(free) if free else None
        except IntegrityError:
            continue  # the slot was taken meanwhile
        _had.slot = job.slot if job else ""
        return job
    return None  # the next look is a second away


def _claim_best(free: dict[str, list[str]]) -> PipelineJob | None:
    # With several slots free, rows that others are claiming are passed over. With one,
    # they are waited for: passing over would give the last slot to the second best.
    several = any(len(slots) > 1 for slots in free.values())
    return PipelineJob.claim(
        _best(tuple(free), skip=several),
        by=worker_name(),
        along=[moves.beginning_attempt(_attempts_directory())],
        attempt=moves.next_attempt(),
        slot=moves.by_kind({kind: _choose(free[kind]) for kind in free}),
        lease_expires_at=moves.seconds_from_now(settings.JOB_LEASE_SECONDS),
        started_at=moves.now_unless_set("started_at"),
        **NOTHING_YET,
    )


NOTHING_YET: dict[str, Any] = {
    "reason": "",
    "reason_detail": "",
    "trace": "",
    "progress": None,
    "progress_note": "",
    "progress_step": {},
}


@cache
def _best(kinds: tuple[str, ...], *, skip: bool) -> FirstRow:
    due = PipelineJob.objects.due().filter(kind__in=kinds)
    return moves.first_of(due, skip_locked=skip)


def _choose(slots: list[str]) -> str:
    """The slot this thread had last, or one by chance: workers seldom want the same."""
    last: str = getattr(_had, "slot", "")
    return last if last in slots else random.choice(slots)  # noqa: S311


def _attempts_directory() -> Path:
    """Attempts work below it: each in a fresh place, on the worker's own disk."""
    return Path(settings.DATA_DIR) / "attempts"

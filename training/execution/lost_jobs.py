"""Finding what a dead worker left behind, and saying that this one is alive."""

import os
import socket

from django.db.models import Q
from django.db.models.functions import Now

from training.choices import JobRole
from training.errors import StaleState
from training.execution import endings
from training.execution.claims import worker_name
from training.execution.job_handlers import JobFailed
from training.models import PipelineJob, WorkerBeat
from training.models.job_movers import Mover


def reap_lost_jobs() -> list[int]:
    """Move the jobs whose lease lapsed on, with reason ``worker_lost``.

    The lease is looked at again inside the UPDATE: a heartbeat that came in between
    wins. Returns the ids of the moved jobs. Several reapers at once do no harm.
    """
    moved = []
    for job in PipelineJob.objects.lost():
        try:
            endings.fail(
                job,
                JobFailed("worker_lost", job.worker),
                by=Mover(JobRole.REAPER, worker_name()),
                only_if=Q(lease_expires_at__lt=Now()),
            )
        except StaleState:
            continue
        moved.append(job.pk)
    return moved


def beat() -> None:
    """Say that this worker process is alive."""
    name = worker_name()
    if not WorkerBeat.objects.filter(name=name).update(beat_at=Now()):
        WorkerBeat.objects.get_or_create(
            name=name, defaults={"host": socket.gethostname(), "pid": os.getpid()}
        )

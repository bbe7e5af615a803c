"""Pieces of Python that a process with Django set up is asked to run."""

import uuid

from tests.installation import Installation

SUBMIT = """
from django.contrib.auth.models import User
from training.models import DatasetVersion
from training.services.runs.submissions import RunRequest, submit_run
version, alice = DatasetVersion.objects.sealed().get(), User.objects.get()
answer = [
    submit_run(
        RunRequest(version, trainer={trainer!r}), by=alice, idempotency_key=key
    ).job_id
    for key in {keys!r}
]
"""
CANCEL = """
from django.contrib.auth.models import User
from training.models import PipelineJob
from training.services.runs.job_actions import cancel_job
answer = cancel_job(PipelineJob.objects.get(pk={job}), by=User.objects.get()).status
"""
SET = """
from training.models import PipelineJob
answer = PipelineJob.objects.filter(pk__in={jobs!r}).update(**{columns!r})
"""
FLUSH = """
from huey.contrib.djhuey import HUEY
answer = HUEY.pending_count()
HUEY.storage.flush_queue()
"""
RING = """
from training import tasks
for _ in range({times}):
    tasks.work()
answer = 0
"""
# What each job has left behind: how it ended, its published results, its history.
TRACES = """
from django.db.models import Count
from mlops.models import ModelVersion
from training.models import AuditEvent, PipelineJob
answer = []
for job in PipelineJob.objects.filter(pk__in={jobs!r}).order_by("pk"):
    answer.append({{
        "id": job.pk,
        "status": job.status,
        "reason": job.reason,
        "attempt": job.attempt,
        "slot": job.slot,
        "published": ModelVersion.objects.filter(run__job=job).count(),
        "attempts": list(job.attempts.values_list("number", "outcome", "reason")),
        "moves": list(
            job.events.exclude(became="").values_list("was", "became", "attempt")
        ),
        "notes": list(job.events.exclude(note="").values_list("attempt", "note")),
        "audited": list(
            AuditEvent.objects.about(job).values_list("action", flat=True)
        ),
    }})
"""


def submit(installation: Installation, trainer: str = "command") -> int:
    return submit_many(installation, 1, trainer)[0]


def submit_many(
    installation: Installation, count: int, trainer: str = "command"
) -> list[int]:
    keys = [uuid.uuid4().hex for _ in range(count)]
    return installation.run(SUBMIT.format(trainer=trainer, keys=keys))


def traces(installation: Installation, jobs: list[int]) -> list[dict]:
    return installation.run(TRACES.format(jobs=jobs))


def assert_told_without_gaps(trace: dict) -> None:
    """Each move starts where the one before ended, and the last is where it stands."""
    stood = ""
    for was, became, _attempt in trace["moves"]:
        assert was == stood, trace
        stood = became
    assert stood == trace["status"], trace
    assert [number for number, *_ in trace["attempts"]] == list(
        range(1, trace["attempt"] + 1)
    ), trace


def assert_completed_once(trace: dict) -> None:
    """It completed, published one model version, and its whole history says so."""
    assert (trace["status"], trace["slot"]) == ("completed", None), trace
    assert trace["published"] == 1, trace
    assert [became for _, became, _ in trace["moves"]].count("completed") == 1, trace
    assert trace["audited"].count("job.completed") == 1, trace
    assert all(outcome for _, outcome, _ in trace["attempts"]), trace
    assert_told_without_gaps(trace)

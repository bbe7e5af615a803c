"""What a kind of job does when one of its jobs has ended for good."""

import pytest
from django.utils import timezone

from tests.apis import a_job, person
from training.choices import JobKind, JobStatus
from training.execution import (
    claim_next,
    endings,
    job_handlers,
    reap_lost_jobs,
    run_claimed,
)
from training.execution.job_handlers import JobFailed, JobResult
from training.models import JobEvent, PipelineJob
from training.services.runs.job_actions import cancel_job

PAST = timezone.now().replace(year=2020)
pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch):
    """What the kind was told: the status of each job that ended, as it stood then."""
    seen = []

    def ended(job):
        row = PipelineJob.objects.get(pk=job.pk)
        assert row.status == job.status
        seen.append((job.pk, job.status, row.output))

    monkeypatch.setitem(job_handlers._after_end, JobKind.TRAIN, ended)
    return seen


def lapse(job):
    PipelineJob.objects.filter(pk=job.pk).update(lease_expires_at=PAST)


def test_a_completed_job_is_told_after_its_result_was_published(told):
    job = a_job()
    endings.complete(claim_next(), JobResult(publish=lambda: {"model": 7}))
    assert told == [(job.pk, "completed", {"model": 7})]


@pytest.mark.parametrize(
    ("reason", "most", "expected"),
    [
        ("bad_data", 3, ["failed"]),
        ("timeout", 1, ["dead_letter"]),
        ("timeout", 3, []),  # it will be tried again
    ],
)
def test_a_failed_attempt_is_told_if_it_was_the_last(told, reason, most, expected):
    a_job(max_attempts=most)
    endings.fail(claim_next(), JobFailed(reason))
    assert [status for _, status, _ in told] == expected


def test_a_job_that_its_reaper_gave_up_is_told(told):
    a_job(max_attempts=1)
    lapse(claim_next())
    reap_lost_jobs()
    assert [status for _, status, _ in told] == ["dead_letter"]


def test_a_job_that_its_worker_canceled_is_told(told, monkeypatch):
    alice = person("Operator")

    def runs(context):
        cancel_job(PipelineJob.objects.get(pk=context.job.pk), by=alice)
        context.check()

    monkeypatch.setitem(job_handlers._handlers, JobKind.TRAIN, runs)
    a_job()
    run_claimed(claim_next())
    assert [status for _, status, _ in told] == ["canceled"]


def test_a_late_result_tells_nobody(told):
    a_job(max_attempts=1)
    zombie = claim_next()
    lapse(zombie)
    reap_lost_jobs()
    told.clear()
    endings.complete_unless_lost(zombie, JobResult())
    assert told == []


def test_a_defect_in_what_follows_keeps_no_job_from_ending(monkeypatch, caplog):
    def breaks(job):
        JobEvent.objects.create(job=job, attempt=1, by="follower")
        raise RuntimeError("half way")

    monkeypatch.setitem(job_handlers._after_end, JobKind.TRAIN, breaks)
    job = a_job()
    endings.complete(claim_next(), JobResult())
    assert PipelineJob.objects.get(pk=job.pk).status == JobStatus.COMPLETED
    assert not JobEvent.objects.filter(by="follower").exists()
    assert "half way" in caplog.text


class Killed(BaseException):
    """The worker dies, as far as the transaction is concerned."""


def test_the_end_and_what_follows_are_one_transaction(monkeypatch):
    def dies(job):
        raise Killed

    monkeypatch.setitem(job_handlers._after_end, JobKind.TRAIN, dies)
    job = a_job()
    claimed = claim_next()
    with pytest.raises(Killed):
        endings.complete(claimed, JobResult())
    assert PipelineJob.objects.get(pk=job.pk).status == JobStatus.PROCESSING
    assert not JobEvent.objects.filter(became="completed").exists()

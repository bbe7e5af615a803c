"""The job's state machine, its claim, its fence, and what people do to it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.apis import a_job, person
from training.choices import JOB_MOVES, JobFlow, JobKind, JobStatus
from training.errors import NotAllowedNow, StaleState
from training.execution import (
    claim_next,
    claimable,
    endings,
    job_handlers,
    reap_lost_jobs,
    run_claimed,
    work,
)
from training.execution.job_handlers import JobCanceled, JobFailed, JobResult
from training.models import JobEvent, JobLogLine, PipelineJob
from training.services.runs.job_actions import cancel_job, retry_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def handler(monkeypatch):
    """Lets a test say what the handler of training jobs does."""

    def use(function):
        monkeypatch.setitem(job_handlers._handlers, JobKind.TRAIN, function)

    use(lambda context: JobResult(output={"answer": 42}))
    return use


def again(job):
    return PipelineJob.objects.get(pk=job.pk)


def in_status(status):
    """A job that stands in this status, however it got there."""
    job = a_job(status=status) if status in JOB_ENDED else a_job()
    if status == JobStatus.PROCESSING:
        return claim_next()
    if status == JobStatus.RETRYING:
        running = claim_next()
        endings.fail(running, JobFailed("worker_lost"))
        return running
    return job


JOB_ENDED = {
    JobStatus.COMPLETED,
    JobStatus.FAILED,
    JobStatus.DEAD_LETTER,
    JobStatus.CANCELED,
}


@pytest.mark.parametrize("was", JobStatus.values)
@pytest.mark.parametrize("to", JobStatus.values)
def test_only_the_moves_of_the_table_are_made(handler, was, to):
    job = in_status(JobStatus(was))
    extra = (
        {"slot": "train:9", "lease_expires_at": timezone.now()}
        if to == JobStatus.PROCESSING
        else {"finished_at": None}
        if to == JobStatus.PENDING
        else {}
    )
    if was in JOB_MOVES[JobStatus(to)]:
        job.move(JobStatus(to), by="test", **extra)
        assert again(job).status == to
    else:
        with pytest.raises(StaleState):
            job.move(JobStatus(to), by="test", **extra)
        assert again(job).status == was


def test_every_move_is_told_with_who_and_why(handler):
    alice = person("Operator", "alice")
    job = a_job()
    work()
    job.refresh_from_db()
    moves = [(e.was, e.became) for e in JobEvent.objects.filter(job=job)]
    assert moves == [("pending", "processing"), ("processing", "completed")]
    failed = a_job(status=JobStatus.FAILED)
    retry_job(failed, by=alice)
    assert failed.events.get().actor == alice


def test_a_claimed_job_runs_and_ends(handler):
    job = a_job()
    assert work() == 1
    job.refresh_from_db()
    assert (job.status, job.output, job.attempt) == ("completed", {"answer": 42}, 1)
    assert job.attempts.get().outcome == JobStatus.COMPLETED
    assert job.slot is None


def test_urgent_jobs_go_first_and_then_the_oldest(handler):
    batch = a_job(flow=JobFlow.BATCH)
    auto = a_job(flow=JobFlow.AUTO)
    second = a_job(flow=JobFlow.INTERACTIVE)
    third = a_job(flow=JobFlow.INTERACTIVE)
    order = []
    handler(lambda context: order.append(context.job.pk) or JobResult())
    work()
    assert order == [second.pk, third.pk, auto.pk, batch.pk]


def test_one_training_runs_at_a_time(handler):
    a_job(), a_job()
    first = claim_next()
    assert first is not None
    assert claim_next() is None
    assert not claimable()
    run_claimed(first)
    assert claimable()


def test_a_job_claimed_by_two_runs_once(handler):
    job = a_job()
    first, second = again(job), again(job)
    slot = {"slot": "train:1", "lease_expires_at": timezone.now()}
    first.move(JobStatus.PROCESSING, by="a", attempt=1, **slot)
    with pytest.raises(StaleState, match="can no longer become"):
        second.move(JobStatus.PROCESSING, by="b", attempt=1, **slot)


def test_no_training_is_claimed_while_the_switch_is_off(handler, settings):
    settings.TRAINING_JOBS_ENABLED = False
    a_job()
    assert not claimable()
    assert work() == 0


def test_a_lost_worker_is_noticed_and_the_job_tried_again(handler, settings):
    settings.JOB_LEASE_SECONDS = -1
    a_job()
    lost = claim_next()
    assert reap_lost_jobs() == [lost.pk]
    job = again(lost)
    assert (job.status, job.reason) == (JobStatus.RETRYING, "worker_lost")
    assert timezone.now() < job.run_after < timezone.now() + timedelta(seconds=10)
    assert job.attempts.get().reason == "worker_lost"
    assert reap_lost_jobs() == []


def test_a_heartbeat_between_look_and_move_wins(handler, settings, monkeypatch):
    settings.JOB_LEASE_SECONDS = -1
    a_job()
    alive = claim_next()
    looked = list(PipelineJob.objects.lost())
    alive.extend_lease(seconds=30)
    monkeypatch.setattr(PipelineJob.objects, "lost", lambda: looked)
    assert reap_lost_jobs() == []
    assert again(alive).status == JobStatus.PROCESSING


def test_a_worker_that_keeps_dying_is_given_up(handler, settings):
    settings.JOB_LEASE_SECONDS = -1
    job = a_job(max_attempts=2)
    for expected in (JobStatus.RETRYING, JobStatus.DEAD_LETTER):
        PipelineJob.objects.update(run_after=timezone.now() - timedelta(seconds=1))
        claim_next()
        reap_lost_jobs()
        assert again(job).status == expected
    assert again(job).attempt == 2


def test_a_late_result_of_an_older_attempt_changes_nothing(handler, settings):
    settings.JOB_LEASE_SECONDS = -1
    a_job()
    zombie = claim_next()
    reap_lost_jobs()
    PipelineJob.objects.update(run_after=timezone.now() - timedelta(seconds=1))
    settings.JOB_LEASE_SECONDS = 30
    current = claim_next()
    published = []

    endings.complete_unless_lost(
        zombie, JobResult(publish=lambda: published.append(1) or {})
    )

    assert published == []
    assert again(current).status == JobStatus.PROCESSING
    assert again(current).attempt == 2
    assert (
        JobEvent.objects.filter(
            note="late result", warning="late_result", role="worker", attempt=1
        ).count()
        == 1
    )
    assert zombie.extend_lease(seconds=30) is False


def test_a_result_is_published_with_the_end_or_not_at_all(handler):
    def breaks(context):
        def publish():
            JobEvent.objects.create(job=context.job, attempt=1, by="publish")
            raise RuntimeError("half way")

        return JobResult(publish=publish)

    handler(breaks)
    job = a_job()
    work()
    assert (again(job).status, again(job).reason) == ("failed", "internal_error")
    assert "half way" in again(job).trace
    assert not JobEvent.objects.filter(by="publish").exists()


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (JobFailed("bad_data", "one class"), "failed", "bad_data"),
        (JobFailed("trainer_killed"), "retrying", "trainer_killed"),
        (JobCanceled(), "canceled", "canceled_by_person"),
        (OSError("disk full"), "retrying", "temporary_failure"),
        (KeyError("bug"), "failed", "internal_error"),
    ],
)
def test_every_way_of_failing_has_a_typed_reason(handler, error, status, reason):
    def fails(context):
        raise error

    handler(fails)
    job = a_job()
    work()
    assert (again(job).status, again(job).reason) == (status, reason)


def test_a_waiting_job_is_canceled_at_once():
    alice = person("Operator", "alice")
    job = a_job()
    cancel_job(job, by=alice)
    assert (job.status, job.cancel_requested_by) == (JobStatus.CANCELED, alice)
    with pytest.raises(NotAllowedNow, match="has ended already"):
        cancel_job(job, by=alice)


def test_a_running_job_stops_when_its_worker_hears_of_it(handler):
    alice = person("Operator", "alice")

    def runs(context):
        cancel_job(PipelineJob.objects.get(pk=context.job.pk), by=alice)
        context.check()

    handler(runs)
    job = a_job()
    work()
    assert again(job).status == JobStatus.CANCELED
    assert JobEvent.objects.filter(job=job, became="canceled").exists()


def test_a_retry_is_the_same_job_with_the_next_attempt(handler):
    alice = person("Operator", "alice")
    handler(lambda context: (_ for _ in ()).throw(JobFailed("trainer_failed")))
    job = a_job()
    work()
    handler(lambda context: context.report(lines=["again"]) or JobResult())
    retry_job(again(job), by=alice)
    work()
    job = again(job)
    assert (job.status, job.attempt, job.reason) == (JobStatus.COMPLETED, 2, "")
    outcomes = list(job.attempts.values_list("number", "outcome"))
    assert outcomes == [(1, "failed"), (2, "completed")]


@pytest.mark.parametrize("status", ["pending", "completed"])
def test_a_job_that_did_well_or_still_waits_is_not_retried(status):
    with pytest.raises(NotAllowedNow):
        retry_job(a_job(status=status), by=person("Operator"))


def test_retrying_while_training_is_off_is_refused(settings):
    settings.TRAINING_JOBS_ENABLED = False
    with pytest.raises(NotAllowedNow, match="switched off"):
        retry_job(a_job(status=JobStatus.FAILED), by=person("Operator"))


def test_a_retry_next_to_an_equal_job_is_refused():
    failed = a_job(status=JobStatus.FAILED, dedupe_key="same")
    a_job(dedupe_key="same")
    with pytest.raises(NotAllowedNow, match="does the same already"):
        retry_job(failed, by=person("Operator"))


def test_log_lines_are_numbered_on_through_the_attempts(handler):
    handler(lambda context: context.report(lines=["a", "b"]) or _fail())
    job = a_job()
    work()
    retry_job(again(job), by=person("Operator"))
    handler(lambda context: context.report(lines=["c"]) or JobResult())
    work()
    lines = JobLogLine.objects.filter(job=job).order_by("seq")
    assert list(lines.values_list("seq", "attempt", "text")) == [
        (1, 1, "a"),
        (2, 1, "b"),
        (3, 2, "c"),
    ]


def _fail():
    raise JobFailed("trainer_failed")


def test_a_worker_that_is_shut_down_gives_its_job_back(handler, settings):
    settings.JOB_CANCEL_GRACE_SECONDS = 0
    handler(lambda context: context.check() or JobResult())
    job = a_job()
    claimed = claim_next()
    run_claimed(claimed, stopping=lambda: True)
    job = again(job)
    assert (job.status, job.reason) == (JobStatus.RETRYING, "worker_stopped")
    assert claimable()

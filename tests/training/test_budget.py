"""The budget: reserved when a training is submitted, settled when it ends."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.apis import a_sealed_version, an_approved_case, person
from training.choices import JOB_ENDED, DatasetStatus, JobKind, JobStatus
from training.errors import NotAllowedNow
from training.execution import claim_next, endings, reap_lost_jobs, run_claimed
from training.execution.job_handlers import JobFailed, JobResult
from training.models import (
    AuditEvent,
    BudgetEntry,
    DatasetVersion,
    JobAttempt,
    PipelineJob,
    TrainingPolicy,
    TrainingRun,
)
from training.services.budget import ledger
from training.services.runs.job_actions import cancel_job, retry_job
from training.services.runs.submissions import RunRequest, seal_and_train, submit_run

pytestmark = pytest.mark.django_db
HIGH = 10  # what is reserved before anything was trained


@pytest.fixture
def alice():
    return person("Admin", "alice")


@pytest.fixture
def sealed(alice):
    return a_sealed_version(alice)


@pytest.fixture
def submit(alice, sealed):
    """Each call asks for another training of the same version."""

    def submit():
        wish = {"seed": PipelineJob.objects.count()}
        return submit_run(RunRequest(sealed, training_args=wish), by=alice).job

    return submit


def allow(**limits):
    TrainingPolicy.objects.update(**limits)


def again(job):
    return PipelineJob.objects.get(pk=job.pk)


def entry_of(job):
    return BudgetEntry.objects.get(job=job)


def took(job, minutes):
    """Let the running attempt have begun so many minutes ago."""
    JobAttempt.objects.filter(job=job, number=job.attempt).update(
        started_at=timezone.now() - timedelta(minutes=minutes)
    )


def test_a_submission_reserves_what_it_may_need_at_todays_price(submit):
    allow(price_per_minute=Decimal("0.5"))
    job = submit()
    entry = entry_of(job)
    assert (entry.minutes, entry.reserved_minutes) == (HIGH, HIGH)
    assert (entry.settled_at, entry.price_per_minute) == (None, Decimal("0.5"))
    told = AuditEvent.objects.get(action="training.submitted")
    assert told.detail["minutes_reserved"] == HIGH


@pytest.mark.parametrize(
    "limit", ["budget_minutes_per_day", "budget_minutes_per_month"]
)
def test_what_no_longer_fits_is_refused_and_nothing_is_written(submit, limit):
    allow(**{limit: 2 * HIGH + 3})
    submit()
    submit()
    events = AuditEvent.objects.count()
    with pytest.raises(NotAllowedNow, match=r"3 minutes left .* need 10 minutes") as no:
        submit()
    assert no.value.code == "budget_exceeded"
    written = (PipelineJob, TrainingRun, BudgetEntry)
    assert [model.objects.count() for model in written] == [2, 2, 2]
    assert AuditEvent.objects.count() == events


def test_a_refused_batch_leaves_the_version_open(alice):
    an_approved_case(alice)
    allow(budget_minutes_per_day=1)
    version = DatasetVersion.objects.open().get()
    with pytest.raises(NotAllowedNow, match="more than it ever allows at once"):
        seal_and_train(version, by=alice)
    version.refresh_from_db()
    assert version.status == DatasetStatus.OPEN


def test_the_last_minutes_can_be_used_to_the_full(submit):
    allow(budget_minutes_per_day=2 * HIGH)
    submit()
    submit()
    with pytest.raises(NotAllowedNow, match="0 minutes left today"):
        submit()


def test_what_is_skipped_reserves_nothing_until_it_is_retried(submit, alice, settings):
    settings.TRAINING_JOBS_ENABLED = False
    allow(budget_minutes_per_day=HIGH)
    job = submit()
    assert not BudgetEntry.objects.exists()
    settings.TRAINING_JOBS_ENABLED = True
    retry_job(job, by=alice)
    assert entry_of(job).minutes == HIGH


def test_an_equal_request_is_the_known_one_also_without_budget(alice, sealed):
    allow(budget_minutes_per_day=HIGH)
    first = submit_run(RunRequest(sealed), by=alice)
    assert submit_run(RunRequest(sealed), by=alice) == first


def end_as(status, job, alice):
    """Bring a submitted job to an end, by the way that leads to this status."""
    if status == JobStatus.CANCELED:
        return cancel_job(job, by=alice)
    running = claim_next()
    took(running, 4)
    if status == JobStatus.COMPLETED:
        return endings.complete(running, JobResult())
    reason = "bad_data" if status == JobStatus.FAILED else "worker_lost"
    running.max_attempts = running.attempt
    return endings.fail(running, JobFailed(reason))


@pytest.mark.parametrize("status", JOB_ENDED)
def test_every_end_settles(submit, alice, status):
    job = submit()
    end_as(status, job, alice)
    assert again(job).status == status
    entry = entry_of(job)
    spent = 0 if status == JobStatus.CANCELED else 4
    assert entry.settled_at is not None
    assert entry.minutes == pytest.approx(spent, abs=0.1)
    assert entry.reserved_minutes == HIGH


def test_canceled_while_it_runs_is_charged_what_it_took(submit, alice):
    job = submit()
    running = claim_next()
    took(running, 2)
    cancel_job(running, by=alice)
    assert entry_of(job).settled_at is None
    endings.cancel(running)
    assert entry_of(job).minutes == pytest.approx(2, abs=0.1)


def test_a_lost_worker_keeps_the_reservation_until_the_job_is_given_up(submit):
    job = submit()
    PipelineJob.objects.update(max_attempts=2)
    for lost in (1, 2):
        running = claim_next()
        took(running, 3)
        PipelineJob.objects.update(lease_expires_at=datetime(2020, 1, 1, tzinfo=UTC))
        assert reap_lost_jobs() == [job.pk]
        PipelineJob.objects.update(run_after=timezone.now() - timedelta(minutes=1))
        settled = entry_of(job).settled_at is not None
        assert settled is (lost == 2)
    assert entry_of(job).minutes == pytest.approx(6, abs=0.1)


def test_canceled_between_two_attempts_is_charged_the_first(submit, alice):
    job = submit()
    running = claim_next()
    took(running, 3)
    endings.fail(running, JobFailed("worker_lost"))
    assert entry_of(job).minutes == HIGH
    cancel_job(again(job), by=alice)
    assert entry_of(job).minutes == pytest.approx(3, abs=0.1)


def test_a_retry_reserves_again_on_top_of_what_was_used(submit, alice):
    allow(budget_minutes_per_day=15)
    job = submit()
    running = claim_next()
    took(running, 4)
    endings.fail(running, JobFailed("bad_data"))
    retry_job(again(job), by=alice)
    entry = entry_of(job)
    assert entry.minutes == pytest.approx(HIGH + 4, abs=0.1)
    assert entry.settled_at is None
    retried = AuditEvent.objects.get(action="job.retried")
    assert retried.detail["minutes_reserved"] == entry.reserved_minutes


def test_a_retry_without_budget_is_refused_and_changes_nothing(submit, alice):
    job = submit()
    running = claim_next()
    took(running, 4)
    endings.fail(running, JobFailed("bad_data"))
    before = entry_of(job)
    allow(budget_minutes_per_day=13)
    with pytest.raises(NotAllowedNow) as refused:
        retry_job(again(job), by=alice)
    assert refused.value.code == "budget_exceeded"
    assert again(job).status == JobStatus.FAILED
    assert entry_of(job).minutes == before.minutes
    assert entry_of(job).settled_at == before.settled_at


def test_an_end_that_told_nobody_is_healed_and_a_live_job_is_left_alone(submit):
    forgotten, waiting = submit(), submit()
    PipelineJob.objects.filter(pk=forgotten.pk).update(
        status=JobStatus.FAILED, finished_at=timezone.now()
    )
    assert ledger.settle_forgotten() == 1
    assert entry_of(forgotten).minutes == 0
    assert entry_of(waiting).settled_at is None
    assert ledger.settle_forgotten() == 0


def test_a_job_of_another_kind_costs_nothing(alice):
    job = PipelineJob.objects.create(
        kind=JobKind.SEAL, flow="batch", status="failed", finished_at=timezone.now()
    )
    allow(budget_minutes_per_day=0)
    retry_job(job, by=alice)
    assert not BudgetEntry.objects.exists()


def test_no_ended_job_is_left_unsettled_by_real_work(
    submit, alice, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        jobs = [submit() for _ in range(3)]
    while job := claim_next():
        run_claimed(job)
    assert all(again(job).is_ended for job in jobs)
    assert not BudgetEntry.objects.filter(settled_at=None).exists()
    assert all(entry_of(job).minutes < 1 for job in jobs)

"""Dead letters in groups, and the order in which flows are served."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.apis import a_job, person
from tests.database import refuses
from training.choices import JobFlow, JobStatus
from training.execution import claim_next, endings
from training.execution.job_handlers import JobResult
from training.models import AuditEvent, PipelineJob
from training.services.runs.job_actions import discard_dead_letters, retry_dead_letters

pytestmark = pytest.mark.django_db


def dead(reason="worker_lost", **columns):
    return a_job(status=JobStatus.DEAD_LETTER, reason=reason, attempt=3, **columns)


def test_a_group_is_retried_and_nothing_else():
    alice = person("Operator", "alice")
    group = [dead(), dead()]
    others = [dead(reason="timeout"), dead(kind="seal"), a_job(status="failed")]
    result = retry_dead_letters(reason="worker_lost", kind="train", by=alice)
    assert (result.done, result.refused) == (2, [])
    for job in group:
        job.refresh_from_db()
        assert (job.status, job.attempt) == (JobStatus.PENDING, 3)
        assert job.max_attempts > job.attempt
        assert AuditEvent.objects.about(job).get(action="job.retried").actor == alice
    for job in others:
        before = job.status
        job.refresh_from_db()
        assert job.status == before


def test_one_that_cannot_be_retried_does_not_hold_up_the_group():
    twin = dead(dedupe_key="same")
    free = dead()
    a_job(dedupe_key="same")
    result = retry_dead_letters(
        reason="worker_lost", kind="train", by=person("Operator")
    )
    assert result.done == 1
    assert len(result.refused) == 1
    assert "does the same already" in result.refused[0]
    twin.refresh_from_db(), free.refresh_from_db()
    assert (twin.status, free.status) == ("dead_letter", "pending")


def test_with_training_off_the_group_stays_and_says_why(settings):
    settings.TRAINING_JOBS_ENABLED = False
    dead()
    result = retry_dead_letters(
        reason="worker_lost", kind="train", by=person("Operator")
    )
    assert result.done == 0
    assert "switched off" in result.refused[0]


def test_a_discarded_group_asks_nobody_any_more_and_stays_as_it_ended():
    alice = person("Operator", "alice")
    job, other = dead(), dead(reason="timeout")
    result = discard_dead_letters(reason="worker_lost", kind="train", by=alice)
    assert result.done == 1
    job.refresh_from_db()
    assert job.status == JobStatus.DEAD_LETTER
    assert job.discarded_at is not None
    assert AuditEvent.objects.about(job).get(action="job.discarded").actor == alice
    assert list(PipelineJob.objects.dead_letters()) == [other]
    again = discard_dead_letters(reason="worker_lost", kind="train", by=alice)
    assert again.done == 0


def test_only_a_dead_letter_can_be_put_aside():
    job = a_job()
    refuses(
        lambda: PipelineJob.objects.filter(pk=job.pk).update(
            discarded_at=timezone.now()
        )
    )


def served():
    order = []
    while job := claim_next():
        order.append(job.pk)
        endings.complete(job, JobResult())
    return order


def made(flow, **ago):
    return a_job(flow=flow, created_at=timezone.now() - timedelta(**ago)).pk


def test_flows_are_served_in_the_order_of_their_urgency():
    flows = [
        made(flow)
        for flow in (
            JobFlow.MAINTENANCE,
            JobFlow.BATCH,
            JobFlow.AUTO,
            JobFlow.INTERACTIVE,
        )
    ]
    assert served() == list(reversed(flows))


def test_whoever_waits_long_enough_is_next():
    maintenance = made(JobFlow.MAINTENANCE, hours=2, minutes=1)
    batch = made(JobFlow.BATCH, minutes=31)
    patient = made(JobFlow.AUTO, minutes=5)
    fresh = made(JobFlow.INTERACTIVE)
    assert served() == [maintenance, batch, fresh, patient]


def test_a_job_whose_pause_is_not_over_lets_others_go_first():
    paused = a_job(run_after=timezone.now() + timedelta(hours=1))
    other = a_job(flow=JobFlow.MAINTENANCE)
    assert served() == [other.pk]
    assert PipelineJob.objects.get(pk=paused.pk).status == JobStatus.PENDING

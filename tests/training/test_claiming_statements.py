"""A move is whole, and costs few statements."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.apis import a_job
from training.choices import JobKind, JobStatus
from training.errors import StaleState
from training.execution import claim_next, endings, job_handlers
from training.execution.job_handlers import JobFailed, JobResult
from training.models import AuditEvent, JobAttempt, JobEvent, PipelineJob

pytestmark = pytest.mark.django_db
SAVEPOINTS = ("SAVEPOINT", "RELEASE")


def statements(deed):
    with CaptureQueriesContext(connection) as captured:
        deed()
    texts = [query["sql"] for query in captured]
    return [text for text in texts if not text.startswith(SAVEPOINTS)]


def test_a_claim_costs_as_many_statements_as_it_reads_and_writes_rows():
    a_job()
    claimed = statements(claim_next)
    # Which slots are taken, the best job, then its row, its history and the attempt.
    assert len(claimed) == 5


def test_an_end_that_nothing_follows_costs_one_statement_for_each_row(monkeypatch):
    monkeypatch.setitem(job_handlers._after_end, JobKind.TRAIN, job_handlers.do_nothing)
    a_job()
    job = claim_next()
    ended = statements(lambda: endings.complete(job, JobResult()))
    assert len(ended) == 4  # the job's row, history, attempt, audit


def test_a_move_that_is_refused_leaves_no_row_behind():
    job = a_job()
    stale = PipelineJob.objects.get(pk=job.pk)
    claimed = claim_next()
    endings.complete(claimed, JobResult())
    before = [model.objects.count() for model in (JobEvent, JobAttempt, AuditEvent)]
    stale.status, stale.attempt = JobStatus.PROCESSING, 1
    with pytest.raises(StaleState):
        endings.complete(stale, JobResult(publish=lambda: pytest.fail("published")))
    after = [model.objects.count() for model in (JobEvent, JobAttempt, AuditEvent)]
    assert after == before


def test_what_a_claim_returns_is_the_row():
    a_job(input={"deep": [1, None, "é"]}, reason="worker_lost", progress=0.5)
    claimed = claim_next()
    row = PipelineJob.objects.get(pk=claimed.pk)
    for field in PipelineJob._meta.concrete_fields:
        assert getattr(claimed, field.attname) == getattr(row, field.attname), field
    assert (row.reason, row.progress, row.attempt) == ("", None, 1)


def test_an_instance_holds_what_its_move_wrote():
    alice = User.objects.create_user("alice")
    a_job()
    job = claim_next()
    job.cancel_requested_by = alice
    job.move(JobStatus.CANCELED, by="test", cancel_requested_by=alice, reason="x")
    row = PipelineJob.objects.get(pk=job.pk)
    for field in PipelineJob._meta.concrete_fields:
        assert getattr(job, field.attname) == getattr(row, field.attname), field


def test_the_started_moment_is_the_first_attempts():
    job = a_job()
    first = claim_next()
    endings.fail(first, JobFailed("worker_stopped"))
    PipelineJob.objects.update(run_after=first.created_at)
    second = claim_next()
    assert (second.pk, second.attempt) == (job.pk, 2)
    assert second.started_at == first.started_at


def test_the_audit_of_an_end_is_what_record_writes():
    a_job()
    job = claim_next()
    endings.fail(job, JobFailed("bad_data"))
    written = AuditEvent.objects.get(action="job.failed")
    other = AuditEvent.objects.record(
        "job.failed", actor=None, subject=job, attempt=1, reason="bad_data"
    )
    for name in ("actor", "actor_label", "subject_type", "subject_id"):
        assert getattr(written, name) == getattr(other, name)
    assert (written.subject_label, written.detail) == (
        other.subject_label,
        other.detail,
    )


def test_a_column_that_does_not_exist_is_refused():
    job = a_job()
    with pytest.raises(Exception, match="colour"):
        job.move(JobStatus.CANCELED, by="test", colour="red")

"""What the database itself refuses, whoever asks: ORM, bulk update or raw SQL."""

import pytest
from django.utils import timezone

from mlops.models import ServingState
from tests.apis import a_case, a_job, a_sealed_version, person
from tests.database import refuses, run_sql
from training.choices import CaseStatus, JobStatus
from training.models import (
    AuditEvent,
    AuditLink,
    AutoDecision,
    Case,
    CaseOutcome,
    DatasetVersion,
    JobEvent,
    PipelineJob,
    Review,
    Sample,
    TrainingPolicy,
)
from training.services.audit.chain import chain_events
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.cases.intake import record_outcome

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return person("Admin", "alice")


@pytest.fixture
def sealed(alice):
    return a_sealed_version(alice, size=3)


def test_a_sealed_version_cannot_be_changed_by_any_way(sealed, admin_client):
    rows = DatasetVersion.objects.filter(pk=sealed.pk)
    refuses(lambda: rows.update(name="other"))
    refuses(lambda: rows.update(sha256="0" * 64))
    refuses(lambda: rows.delete())
    refuses(sealed.save)
    refuses(lambda: run_sql("UPDATE training_datasetversion SET sample_count = 9"))
    refuses(lambda: run_sql("DELETE FROM training_datasetversion"))
    url = f"/admin/training/datasetversion/{sealed.pk}/"
    assert admin_client.post(f"{url}delete/", {"post": "yes"}).status_code == 403
    assert admin_client.post(f"{url}change/", {"name": "x"}).status_code == 403
    before = sealed.sha256
    sealed.refresh_from_db()
    assert sealed.sha256 == before


def test_samples_of_a_sealed_version_cannot_change(sealed):
    samples = sealed.samples()
    refuses(lambda: samples.update(decision="other"))
    refuses(lambda: samples.update(held_out=True, facts=[]))
    refuses(lambda: samples.update(in_from=None))
    refuses(lambda: run_sql("DELETE FROM training_sample"))
    refuses(  # it can leave in the open version only, never in a sealed one
        lambda: samples.update(in_until=sealed.number, withdrawn_at=timezone.now())
    )


def test_no_sample_enters_a_sealed_version(sealed, alice):
    approval = approve_case(a_case(), ReviewInput("deny", confidence=0.1), by=alice)
    assert approval.sample.in_from is None
    refuses(
        lambda: Sample.objects.create(
            case=approval.case,
            review=Review.objects.create(
                case=approval.case,
                action="approve",
                decision="x",
                source="api",
                by=alice,
            ),
            instruction="",
            input="",
            output="x",
            facts=[],
            decision="x",
            facts_sha256="",
            reviewer=alice,
            held_out=False,
            gate_status="candidate",
            in_from=sealed,
        )
    )


def test_a_version_starts_open_and_only_one_is(alice):
    now = timezone.now()
    DatasetVersion.objects.create(number=7, name="seven")
    refuses(lambda: DatasetVersion.objects.create(number=8, name="eight"))
    refuses(
        lambda: DatasetVersion.objects.create(
            number=9,
            name="nine",
            status="sealed",
            frozen_at=now,
            sealed_at=now,
            sha256="0" * 64,
            export_name="x",
            sample_count=1,
        )
    )


def test_what_was_said_is_never_rewritten(alice):
    case = a_case()
    approve_case(case, ReviewInput("deny", confidence=0.9), by=alice)
    record_outcome(case, outcome="repaid", at=None, by=alice)
    chain_events()
    JobEvent.objects.create(job=a_job(), attempt=1, by="worker")
    for model in (Review, CaseOutcome, AuditEvent, AuditLink, AutoDecision, JobEvent):
        rows = model.objects.all()
        assert rows.exists(), model
        key = model._meta.pk.name
        column = next(f.name for f in model._meta.fields if f.name != key)
        value = rows.values_list(column, flat=True).first()
        refuses(
            lambda rows=rows, column=column, value=value: rows.update(**{column: value})
        )
        refuses(lambda model=model: run_sql(f"DELETE FROM {model._meta.db_table}"))


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "completed"},  # ended, and no time of it
        {"status": "pending", "finished_at": timezone.now()},
        {"status": "processing"},  # no lease, no slot
        {"status": "unheard_of"},
        {"slot": "train:1"},
    ],
)
def test_impossible_jobs_are_refused(columns):
    job = a_job()
    refuses(lambda: PipelineJob.objects.filter(pk=job.pk).update(**columns))


def test_a_slot_holds_one_job():
    first, second = a_job(), a_job()
    taken = {
        "status": JobStatus.PROCESSING,
        "slot": "train:1",
        "lease_expires_at": timezone.now(),
    }
    PipelineJob.objects.filter(pk=first.pk).update(**taken)
    refuses(lambda: PipelineJob.objects.filter(pk=second.pk).update(**taken))


def test_impossible_cases_are_refused():
    case = Case.objects.filter(pk=a_case().pk)
    refuses(lambda: case.update(status=CaseStatus.APPROVED))  # and no decision
    refuses(lambda: case.update(decision="deny"))  # and not approved
    refuses(lambda: case.update(status="lost"))
    refuses(lambda: case.update(recommended_confidence=1.5))


def test_policy_and_serving_state_have_one_row():
    refuses(lambda: TrainingPolicy.objects.create(pk=2))
    refuses(lambda: ServingState.objects.create(pk=2))

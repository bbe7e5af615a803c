"""Submitting training over HTTP, and Auto with its policy."""

import pytest

from tests.apis import a_run, a_sealed_version, an_approved_case, api, person
from training.models import AuditEvent, DatasetVersion, PipelineJob, TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed(db):
    return a_sealed_version(person("Reviewer", "rita"))


def body_for(version, **changes):
    return {"dataset_version_id": str(version.pk), **changes}


def test_a_submission_writes_a_run_and_a_job_that_waits(sealed):
    caller = api("Operator")

    answer = caller.post(
        "training/run", body_for(sealed, model_name="loans", notes="First.")
    )

    run = TrainingRun.objects.get()
    assert answer.status_code == 202
    assert answer.json() == {
        "run_id": str(run.pk),
        "job_id": str(run.job_id),
        "pipeline_job_id": str(run.job_id),
        "status": "queued",
    }
    assert (run.model_name, run.notes) == ("loans", "First.")
    assert run.job.status == "pending"
    assert run.job.created_by == caller.user
    assert AuditEvent.objects.about(run).get().actor == caller.user


def test_switched_off_the_submission_is_kept_and_skipped(sealed, settings):
    settings.TRAINING_JOBS_ENABLED = False
    caller = api("Operator")

    answer = caller.post("training/run", body_for(sealed)).json()

    job = caller.get(f"pipeline/jobs/{answer['job_id']}").json()
    run = caller.get(f"training/runs/{answer['run_id']}").json()
    assert answer["status"] == "skipped"
    assert (job["status"], job["reason"]) == ("canceled", "training_disabled")
    assert job["reason_text"]
    assert run["status"] == "skipped"


def test_the_same_key_and_body_is_the_same_run(sealed):
    caller, key = api("Operator"), {"Idempotency-Key": "monday"}

    first = caller.post("training/run", body_for(sealed), **key).json()
    again = caller.post("training/run", body_for(sealed), **key)

    assert again.status_code == 202
    assert again.json() == first
    assert TrainingRun.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(sealed):
    caller, key = api("Operator"), {"Idempotency-Key": "monday"}
    caller.post("training/run", body_for(sealed), **key)

    answer = caller.post("training/run", body_for(sealed, notes="Other"), **key)

    assert answer.status_code == 409
    assert TrainingRun.objects.count() == 1


def test_a_key_that_is_too_long_is_refused(sealed):
    answer = api("Operator").post(
        "training/run", body_for(sealed), **{"Idempotency-Key": "k" * 201}
    )

    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["detail"]


def test_an_open_version_is_not_trained():
    an_approved_case(person("Reviewer"))

    answer = api("Operator").post(
        "training/run", body_for(DatasetVersion.objects.get())
    )

    assert answer.status_code == 409
    assert not PipelineJob.objects.exists()


@pytest.mark.parametrize("id", ["999", "x", 1000])
def test_an_unknown_version_is_not_found(id):
    answer = api("Operator").post("training/run", {"dataset_version_id": id})

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"dataset_version_id": None}, "dataset_version_id"),
        ({"dataset_version_id": True}, "dataset_version_id"),
        ({"trainer": "wizard"}, "wizard"),
        ({"model_name": "a/b"}, "model name"),
        ({"training_args": [1]}, "training_args"),
        ({"notes": 5}, "notes"),
    ],
)
def test_a_malformed_submission_is_refused(sealed, changes, named):
    answer = api("Operator").post("training/run", body_for(sealed, **changes))

    assert answer.status_code == 400
    assert named in answer.json()["detail"]
    assert not PipelineJob.objects.exists()


def test_runs_are_listed_newest_first_and_found(sealed, django_assert_max_num_queries):
    olga = person("Operator", "olga")
    runs = [a_run(sealed, olga) for _ in range(3)]
    failed = a_run(sealed, None, status="failed", reason="trainer_failed")
    caller = api("Viewer")
    caller.get("cases")

    with django_assert_max_num_queries(6):
        listed = caller.get("training/runs").json()["items"]

    assert [int(each["id"]) for each in listed] == [
        each.pk for each in (failed, runs[2], runs[1], runs[0])
    ]
    assert listed[0]["reason"] == "trainer_failed"
    assert listed[1]["created_by"] == "olga"
    for query, count in (
        ({"status": "completed"}, 3),
        ({"status": "failed"}, 1),
        ({"status": "skipped"}, 0),
        ({"created_by": "olga"}, 3),
        ({"dataset_version_id": sealed.pk}, 4),
        ({"dataset_version_id": "x"}, 0),
        ({"model_name": "loans"}, 4),
        ({"created_since": "2020-01-01T00:00:00+09:00"}, 4),
    ):
        assert len(caller.get("training/runs", **query).json()["items"]) == count, query


def test_auto_says_whether_it_is_on_and_what_each_rule_says():
    answer = api("Viewer").get("training/auto").json()

    assert answer["enabled"] is False
    assert answer["switched_by"] == "environment"
    assert answer["min_new_samples"] == 50
    assert {rule["rule"] for rule in answer["rules"]} >= {"switched_on", "new_samples"}


def test_auto_is_switched_and_its_policy_changed_with_an_audit_event():
    caller = api("Admin")

    answer = caller.post(
        "training/auto",
        {"enabled": True, "min_new_samples": 20, "cooldown_minutes": None},
    )

    assert answer.status_code == 200
    assert answer.json()["enabled"] is True
    assert answer.json()["switched_by"] == "policy"
    assert answer.json()["min_new_samples"] == 20
    assert answer.json()["cooldown_minutes"] == 60
    assert AuditEvent.objects.get(action="policy.changed").actor == caller.user


@pytest.mark.parametrize(
    "body",
    [
        {"enabled": "yes"},
        {"min_new_samples": 0},
        {"min_new_samples": 1.5},
        {"min_confidence": 2},
        {"runs_per_day": 10**12},
    ],
)
def test_a_malformed_policy_changes_nothing(body):
    caller = api("Admin")

    answer = caller.post("training/auto", body)

    assert answer.status_code == 400
    assert next(iter(body)) in answer.json()["detail"]
    assert caller.get("training/auto").json()["switched_by"] == "environment"

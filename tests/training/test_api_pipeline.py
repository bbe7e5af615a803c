"""Jobs over HTTP: state, log, history, cancel, retry."""

import pytest
from django.test import override_settings

from tests.apis import a_job, api, person
from training.models import JobEvent, JobLogLine

pytestmark = pytest.mark.django_db


def with_log(job, lines):
    JobLogLine.objects.bulk_create(
        JobLogLine(job=job, seq=n, attempt=1, text=f"line {n}")
        for n in range(1, lines + 1)
    )
    return job


def test_a_job_says_how_it_ended_and_why():
    job = a_job(
        status="dead_letter", reason="worker_lost", created_by=person(name="olga")
    )

    answer = api("Viewer").get(f"pipeline/jobs/{job.pk}").json()

    assert answer["id"] == str(job.pk)
    assert answer["kind"] == "train"
    assert answer["flow"] == "interactive"
    assert answer["status"] == "dead_letter"
    assert answer["reason"] == "worker_lost"
    assert answer["reason_text"]
    assert answer["created_by"] == "olga"
    assert answer["started_at"] is None
    assert answer["finished_at"].endswith("Z")
    assert {
        "attempt",
        "max_attempts",
        "progress",
        "progress_note",
        "input",
        "output",
    } <= (answer.keys())


def test_a_job_without_an_end_has_no_reason():
    answer = api("Viewer").get(f"pipeline/jobs/{a_job().pk}").json()

    assert (answer["reason"], answer["reason_text"]) == (None, None)


def test_jobs_are_listed_newest_first_and_found(django_assert_max_num_queries):
    olga = person(name="olga")
    waiting = a_job(created_by=olga, flow="auto")
    failed = a_job(kind="seal", status="failed", reason="dataset_empty")
    for _ in range(10):
        a_job(status="completed", created_by=olga)
    caller = api("Viewer")
    caller.get("cases")

    with django_assert_max_num_queries(6):
        items = caller.get("pipeline/jobs").json()["items"]

    assert items[-1]["id"] == str(waiting.pk)
    assert len(items) == 12
    for query, job in (
        ({"status": "pending"}, waiting),
        ({"flow": "auto"}, waiting),
        ({"kind": "seal"}, failed),
        ({"reason": "dataset_empty"}, failed),
    ):
        found = caller.get("pipeline/jobs", **query).json()["items"]
        assert [each["id"] for each in found] == [str(job.pk)], query
    by_olga = caller.get("pipeline/jobs", created_by="olga").json()["items"]
    assert len(by_olga) == 11


def test_the_log_is_read_in_parts_until_it_has_ended():
    job, caller = with_log(a_job(status="completed"), 5), api("Viewer")

    first = caller.get(f"pipeline/jobs/{job.pk}/log", limit=3).json()
    rest = caller.get(
        f"pipeline/jobs/{job.pk}/log", after=first["next_after"], limit=3
    ).json()

    assert first["lines"][0] == {"seq": 1, "attempt": 1, "text": "line 1"}
    assert (first["next_after"], first["ended"]) == (3, False)
    assert [line["seq"] for line in rest["lines"]] == [4, 5]
    assert (rest["next_after"], rest["ended"]) == (5, True)


def test_the_log_of_a_job_that_goes_on_has_not_ended():
    job = with_log(a_job(), 2)

    answer = api("Viewer").get(f"pipeline/jobs/{job.pk}/log", after=2).json()

    assert answer == {"lines": [], "next_after": 2, "ended": False}


@pytest.mark.parametrize(
    "query", [{"after": "x"}, {"after": -1}, {"limit": 0}, {"after": 2**63}]
)
def test_a_wrong_place_in_the_log_is_refused(query):
    answer = api("Viewer").get(f"pipeline/jobs/{a_job().pk}/log", **query)

    assert answer.status_code == 400
    assert next(iter(query)) in answer.json()["detail"]


def test_the_history_tells_each_move_newest_first():
    job, olga = a_job(status="canceled"), person(name="olga")
    JobEvent.objects.create(job=job, attempt=0, became="pending", by="submission")
    JobEvent.objects.create(
        job=job,
        attempt=0,
        was="pending",
        became="canceled",
        by="person",
        actor=olga,
        reason="canceled_by_person",
    )

    items = api("Viewer").get(f"pipeline/jobs/{job.pk}/events").json()["items"]

    assert [each["became"] for each in items] == ["canceled", "pending"]
    assert items[0]["actor"] == "olga"
    assert items[0]["reason_text"]
    assert items[1]["was"] is None


def test_a_waiting_job_is_canceled_at_once():
    job = a_job()

    answer = api("Operator").post(f"pipeline/jobs/{job.pk}/cancel")

    assert answer.status_code == 200
    assert answer.json()["status"] == "canceled"
    assert answer.json()["reason"] == "canceled_by_person"


def test_an_ended_job_is_not_canceled():
    job = a_job(status="completed")

    answer = api("Operator").post(f"pipeline/jobs/{job.pk}/cancel")

    assert answer.status_code == 409
    job.refresh_from_db()
    assert job.status == "completed"


def test_a_failed_job_is_retried_under_the_same_id():
    job = a_job(status="failed", reason="trainer_failed", attempt=1)

    answer = api("Operator").post(f"pipeline/jobs/{job.pk}/retry")

    assert answer.status_code == 200
    assert answer.json()["id"] == str(job.pk)
    assert answer.json()["status"] == "pending"


def test_a_completed_job_is_not_retried():
    answer = api("Operator").post(f"pipeline/jobs/{a_job(status='completed').pk}/retry")

    assert answer.status_code == 409


def test_while_training_is_off_a_retry_is_refused():
    job = a_job(status="failed", reason="trainer_failed")

    with override_settings(TRAINING_JOBS_ENABLED=False):
        answer = api("Operator").post(f"pipeline/jobs/{job.pk}/retry")

    assert answer.status_code == 409

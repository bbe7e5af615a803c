"""Models and serving over HTTP: select, roll back, hold, history, lineage."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mlops.models import ModelVersion, ServingPeriod
from tests.apis import a_model_version, a_sealed_version, api, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(db):
    return a_sealed_version(person("Reviewer", "rita"))


@pytest.fixture
def versions(dataset, two_model_directories):
    trainer = person("Operator", "theo")
    return [
        a_model_version(dataset, directory, trainer)
        for directory in two_model_directories
    ]


def select(caller, version, **more):
    return caller.post(
        "serving/select",
        {"model_version_id": str(version.pk), "reason": "Better.", **more},
    )


def test_before_the_first_select_nothing_serves():
    caller = api("Viewer")

    assert caller.get("serving").status_code == 404
    assert caller.get("serving/history").json() == {"items": [], "next": None}
    assert caller.get("serving/at", time="2026-01-01T00:00:00Z").status_code == 404


def test_a_selected_version_serves_from_then_on(versions):
    caller, first = api("Operator"), versions[0]

    answer = select(caller, first)

    period = answer.json()
    assert answer.status_code == 201
    assert period["model_version"] == {
        "id": str(first.pk),
        "name": first.name,
        "version": first.version,
    }
    assert period["until"] is None
    assert period["since"].endswith("Z")
    assert (period["by"], period["reason"]) == (caller.user.username, "Better.")
    assert (period["kind"], period["hold"]) == ("select", None)
    assert caller.get("serving").json() == period


def test_selecting_what_serves_changes_nothing(versions):
    caller = api("Operator")
    first = select(caller, versions[0]).json()

    again = select(caller, versions[0])

    assert again.status_code == 200
    assert again.json()["id"] == first["id"]
    assert ServingPeriod.objects.count() == 1


def test_selecting_against_another_expectation_is_refused(versions):
    caller, (first, second) = api("Operator"), versions
    select(caller, first)

    refused = select(caller, second, expected_current=str(second.pk))
    granted = select(caller, second, expected_current=str(first.pk))

    assert refused.status_code == 409
    assert granted.status_code == 201


def test_a_version_that_is_not_eligible_is_not_selected(versions):
    ModelVersion.objects.filter(pk=versions[0].pk).update(problem="quarantined")
    caller = api("Operator")

    answer = select(caller, versions[0])

    shown = caller.get(f"models/{versions[0].pk}").json()
    assert answer.status_code == 409
    assert caller.get("serving").status_code == 404
    assert (shown["status"], shown["eligible"]) == ("ineligible", False)
    assert shown["ineligible_reason"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"model_version_id": None}, 400),
        ({"model_version_id": "999"}, 404),
        ({"model_version_id": "x"}, 404),
    ],
)
def test_a_select_that_names_no_version_is_refused(body, status):
    assert api("Operator").post("serving/select", body).status_code == status


def test_a_rollback_brings_back_what_served_before_and_holds_promotion(versions):
    caller, (first, second) = api("Operator"), versions
    select(caller, first)
    select(caller, second)

    answer = caller.post("serving/rollback", {"reason": "Odd answers."})

    period = answer.json()
    assert answer.status_code == 201
    assert period["model_version"]["id"] == str(first.pk)
    assert period["kind"] == "rollback"
    assert period["hold"]["by"] == caller.user.username
    assert period["hold"]["reason"]
    assert period["hold"]["since"].endswith("Z")


def test_with_nothing_before_there_is_no_rollback(versions):
    caller = api("Operator")
    nothing = caller.post("serving/rollback")
    select(caller, versions[0])

    only_one = caller.post("serving/rollback")

    assert (nothing.status_code, only_one.status_code) == (409, 409)
    assert ServingPeriod.objects.count() == 1


def test_a_rollback_against_another_expectation_is_refused(versions):
    caller, (first, second) = api("Operator"), versions
    select(caller, first)
    select(caller, second)

    answer = caller.post("serving/rollback", {"expected_current": str(first.pk)})

    assert answer.status_code == 409
    assert caller.get("serving").json()["model_version"]["id"] == str(second.pk)


def test_the_hold_is_released(versions):
    caller, (first, second) = api("Operator"), versions
    select(caller, first)
    select(caller, second)
    caller.post("serving/rollback")

    answer = caller.post("serving/hold/release", {"reason": "Found the cause."})

    assert answer.status_code == 200
    assert answer.json()["hold"] is None


def test_the_history_tells_each_period_and_who_began_it(
    versions, django_assert_max_num_queries
):
    caller, (first, second) = api("Operator"), versions
    for version in (first, second, first, second, first):
        select(caller, version)
    caller.get("serving/history")

    with django_assert_max_num_queries(7):
        items = caller.get("serving/history").json()["items"]

    assert [int(each["model_version"]["id"]) for each in items] == [
        first.pk,
        second.pk,
        first.pk,
        second.pk,
        first.pk,
    ]
    assert items[1]["until"] == items[0]["since"]
    by_version = caller.get("serving/history", model_version_id=second.pk).json()
    assert len(by_version["items"]) == 2
    assert caller.get("serving/history", kind="rollback").json()["items"] == []
    by_person = caller.get("serving/history", by=caller.user.username).json()
    assert len(by_person["items"]) == 5


def test_what_served_at_a_moment(versions):
    caller, (first, second) = api("Operator"), versions
    select(caller, first)
    select(caller, second)
    old, new = ServingPeriod.objects.order_by("since")

    def at(moment):
        answer = caller.get("serving/at", time=moment.isoformat())
        return (
            answer.json()["model_version"]["id"] if answer.status_code == 200 else None
        )

    tick = timedelta(microseconds=1)
    assert at(old.since - tick) is None
    assert at(old.since) == str(first.pk)
    assert at(new.since - tick) == str(first.pk)
    assert at(new.since) == str(second.pk)
    assert at(timezone.now()) == str(second.pk)


@pytest.mark.parametrize("time", ["", "then", "2026-13-01"])
def test_a_moment_that_is_none_is_refused(time):
    answer = api("Viewer").get("serving/at", time=time)

    assert answer.status_code == 400
    assert "time" in answer.json()["detail"]


def test_models_show_what_they_are_and_whether_they_serve(
    versions, dataset, django_assert_max_num_queries
):
    caller, (first, second) = api("Operator"), versions
    select(caller, first)

    with django_assert_max_num_queries(8):
        items = caller.get("models").json()["items"]

    assert [each["id"] for each in items] == [str(second.pk), str(first.pk)]
    assert [each["status"] for each in items] == ["ready", "serving"]
    assert [each["serving"] for each in items] == [False, True]
    assert items[0]["dataset_version_id"] == str(dataset.pk)
    assert items[0]["run_id"] == str(second.run_id)
    assert len(items[0]["sha256"]) == 64
    assert items[0]["ineligible_reason"] is None
    for query, found in (
        ({"status": "serving"}, first),
        ({"status": "ready"}, second),
        ({"run_id": second.run_id}, second),
    ):
        listed = caller.get("models", **query).json()["items"]
        assert [each["id"] for each in listed] == [str(found.pk)], query
    assert len(caller.get("models", created_by="theo").json()["items"]) == 2
    assert caller.get("models", eligible="false").json()["items"] == []


def test_the_lineage_leads_back_to_the_people(versions, dataset):
    caller = api("Operator")
    select(caller, versions[0])

    answer = caller.get(f"models/{versions[0].pk}/lineage").json()

    assert answer["model_version"]["id"] == str(versions[0].pk)
    assert answer["run"]["id"] == str(versions[0].run_id)
    assert answer["job"]["id"] == str(versions[0].run.job_id)
    assert answer["dataset_version"]["sha256"] == dataset.sha256
    assert answer["samples"]["count"] == 4
    assert answer["samples"]["by_decision"] == {"approve": 2, "deny": 2}
    assert answer["people"] == {
        "reviewers": [{"username": "rita", "samples": 4}],
        "sealed_by": "rita",
        "submitted_by": "theo",
        "selected_by": [caller.user.username],
    }
    assert [each["kind"] for each in answer["periods"]] == ["select"]


def test_a_model_that_is_not_there_is_not_found():
    caller = api("Viewer")

    assert caller.get("models/17").status_code == 404
    assert caller.get("models/17/lineage").status_code == 404

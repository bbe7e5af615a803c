"""Rehearsal over HTTP: tried, read again, kept with the period, asked for by rule."""

import pytest
from django.contrib.auth.models import User

from mlops.models import ModelVersion, Rehearsal
from mlops.predictor_cache import STORE
from mlops.serving import selection
from tests.apis import Api, api
from tests.mlops.rehearsals import SECRET, two_versions_and_reviews

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def staged(stage, two_model_directories):
    return two_versions_and_reviews(stage, two_model_directories)


@pytest.fixture
def theo(staged, on_stage):
    return Api(User.objects.get(username="theo"))


@pytest.fixture
def versions(staged, theo):
    STORE.clear()
    versions = list(ModelVersion.objects.filter(pk__in=staged).order_by("pk"))
    selection.select_version(versions[0], by=theo.user)
    return versions


def named(version):
    return {"id": str(version.pk), "name": version.name, "version": version.version}


def rehearse(caller, version, **more):
    body = {"model_version_id": str(version.pk), **more}
    return caller.post("serving/rehearse", body)


def test_a_rehearsal_says_what_would_change_and_shows_the_cases(versions, theo):
    answer = rehearse(theo, versions[1], cases=30)

    found, kept = answer.json(), Rehearsal.objects.get()
    assert answer.status_code == 201
    assert (found["model_version"], found["serving"]) == tuple(
        map(named, versions[::-1])
    )
    assert (found["cases"], found["changed"]) == (30, kept.changed)
    assert (found["away"], found["towards"]) == (kept.away, kept.towards)
    assert (found["learnt"], found["imported"]) == (0, 0)
    assert (found["by"], found["stale"]) == (theo.user.username, False)
    assert found["at"].endswith("Z")
    assert len(found["rows"]) == kept.changed > 0
    row = found["rows"][0]
    assert set(row) == {
        "case_id",
        "external_id",
        "title",
        "decided",
        "now",
        "then",
        "confidence",
    }
    case = theo.get(f"cases/{row['case_id']}").json()
    assert (row["external_id"], row["title"]) == (case["external_id"], case["title"])
    assert row["decided"] == case["review"]["decision"]
    assert SECRET not in answer.content.decode()


def test_it_can_be_read_again_and_says_when_it_is_stale(versions, theo):
    made = rehearse(theo, versions[1]).json()
    path = f"serving/rehearsals/{made['id']}"
    assert api("Viewer").get(path).json() == made

    selection.select_version(versions[1], by=theo.user)

    assert theo.get(path).json() == {**made, "stale": True}
    assert theo.get("serving/rehearsals/999").status_code == 404


def test_without_a_version_it_is_what_a_rollback_would_bring_back(versions, theo):
    nothing = theo.post("serving/rehearse")
    selection.select_version(versions[1], by=theo.user)

    answer = theo.post("serving/rehearse", {"cases": 5})

    assert (nothing.status_code, nothing.json()["code"]) == (409, "no_history")
    assert answer.status_code == 201
    assert answer.json()["model_version"] == named(versions[0])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"model_version_id": "999"}, 404),
        ({"model_version_id": "x"}, 404),
        ({"cases": 0}, 400),
        ({"cases": 1001}, 400),
        ({"cases": "many"}, 400),
    ],
)
def test_what_cannot_be_rehearsed_is_refused(versions, theo, body, status):
    assert theo.post("serving/rehearse", body).status_code == status
    assert not Rehearsal.objects.exists()


def test_what_serves_is_not_rehearsed(versions, theo):
    answer = rehearse(theo, versions[0])

    assert (answer.status_code, answer.json()["code"]) == (409, "serves_already")


def test_the_period_says_what_was_rehearsed_of_it(versions, theo):
    before = theo.get("serving").json()
    made = rehearse(theo, versions[1]).json()
    theo.post("serving/select", {"model_version_id": str(versions[1].pk)})

    told = {name: made[name] for name in ("id", "cases", "changed", "away")}
    assert before["rehearsal"] is None
    assert theo.get("serving").json()["rehearsal"] == told
    history = theo.get("serving/history").json()["items"]
    assert [each["rehearsal"] for each in history] == [told, None]


def test_a_policy_asks_for_one_before_a_select_and_never_before_a_rollback(
    versions, theo
):
    first, second = versions
    select = {"model_version_id": str(second.pk)}
    asked = api("Admin").post("training/auto", {"rehearsal_required": True})

    refused = theo.post("serving/select", select)
    rehearse(theo, second)
    granted = theo.post("serving/select", select)
    back = theo.post("serving/rollback")

    assert asked.json()["rehearsal_required"] is True
    assert (refused.status_code, refused.json()["code"]) == (409, "rehearsal_needed")
    assert "must be rehearsed first" in refused.json()["detail"]
    assert (granted.status_code, back.status_code) == (201, 201)
    assert back.json()["model_version"] == named(first)


def test_unless_a_company_asks_for_it_nothing_is_required(versions, theo):
    answer = theo.post("serving/select", {"model_version_id": str(versions[1].pk)})

    assert api("Viewer").get("training/auto").json()["rehearsal_required"] is False
    assert (answer.status_code, answer.json()["rehearsal"]) == (201, None)

"""Dataset versions over HTTP: open, seal, look into, download."""

import hashlib
import json

import pytest

from tests.apis import a_sealed_version, an_approved_case, api, person
from training.models import Case, DatasetVersion, PipelineJob
from training.services.cases.approvals import withdraw_approval
from training.services.datasets import versions

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer(db):
    return person("Reviewer", "rita")


def test_the_open_version_is_made_once():
    caller = api("Operator")

    first = caller.post("datasets/versions", {"name": "Spring"})
    second = caller.post("datasets/versions")

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert first.json()["name"] == "Spring"
    assert first.json()["status"] == "open"
    assert first.json()["sample_count"] == 0


def test_sealing_answers_with_number_hash_and_count(reviewer):
    an_approved_case(reviewer)
    version = DatasetVersion.objects.get()
    caller = api("Operator")

    answer = caller.post(f"datasets/versions/{version.pk}/seal")

    body = answer.json()
    assert answer.status_code == 200
    assert body["id"] == str(version.pk)
    assert (body["status"], body["number"], body["sample_count"]) == ("sealed", 1, 1)
    assert len(body["sha256"]) == 64
    assert body["sealed_by"] == caller.user.username


def test_an_empty_version_is_not_sealed():
    caller = api("Operator")
    version = caller.post("datasets/versions").json()

    answer = caller.post(f"datasets/versions/{version['id']}/seal")

    assert answer.status_code == 409
    assert answer.json()["code"] == "empty_dataset"


def test_a_sealed_version_is_not_sealed_again(reviewer):
    version = a_sealed_version(reviewer)

    answer = api("Operator").post(f"datasets/versions/{version.pk}/seal")

    assert answer.status_code == 409


def test_a_large_version_is_sealed_by_a_job(reviewer, monkeypatch):
    monkeypatch.setattr(versions, "SEAL_INLINE_UP_TO", 1)
    an_approved_case(reviewer)
    an_approved_case(reviewer)
    version = DatasetVersion.objects.get()

    answer = api("Operator").post(f"datasets/versions/{version.pk}/seal")

    assert answer.status_code == 202
    assert answer.json() == {
        "id": str(version.pk),
        "status": "sealing",
        "job_id": str(PipelineJob.objects.get().pk),
    }


def test_the_download_is_byte_for_byte_what_the_hash_is_of(reviewer):
    version = a_sealed_version(reviewer, size=3)

    answer = api("Viewer").get(f"datasets/versions/{version.pk}/download")

    content = b"".join(answer.streaming_content)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/x-ndjson"
    assert hashlib.sha256(content).hexdigest() == version.sha256
    assert answer["X-Content-SHA256"] == version.sha256
    rows = [json.loads(line) for line in content.splitlines()]
    assert len(rows) == 3
    assert "protected" not in rows[0]


def test_an_open_version_cannot_be_downloaded(reviewer):
    an_approved_case(reviewer)
    version = DatasetVersion.objects.get()

    answer = api("Viewer").get(f"datasets/versions/{version.pk}/download")

    assert answer.status_code == 409


def test_a_version_shows_what_it_contains(reviewer, django_assert_max_num_queries):
    version = a_sealed_version(reviewer, size=6)
    caller = api("Viewer")
    caller.get("cases")

    with django_assert_max_num_queries(8):
        answer = caller.get(f"datasets/versions/{version.pk}/samples").json()

    assert len(answer["items"]) == 6
    newest = answer["items"][0]
    assert newest["decision"] == "deny"
    assert newest["by"] == "rita"
    assert newest["gate"]["status"] == "candidate"
    denied = caller.get(
        f"datasets/versions/{version.pk}/samples", decision="deny"
    ).json()
    assert {each["decision"] for each in denied["items"]} == {"deny"}


def test_versions_are_listed_newest_first_and_found_by_state_and_person(reviewer):
    sealed = a_sealed_version(reviewer)
    an_approved_case(reviewer)
    caller = api("Viewer")

    listed = caller.get("datasets/versions").json()["items"]

    assert [each["number"] for each in listed] == [2, 1]
    assert [each["sample_count"] for each in listed] == [5, 4]
    for query in ({"status": "sealed"}, {"sealed_by": "rita"}):
        items = caller.get("datasets/versions", **query).json()["items"]
        assert [each["id"] for each in items] == [str(sealed.pk)]


def test_a_version_shows_its_parent_its_counts_and_its_delta(reviewer):
    first = a_sealed_version(reviewer, size=3)
    an_approved_case(reviewer, decision="approve")

    caller = api("Viewer")
    newer, older = caller.get("datasets/versions").json()["items"]

    assert (older["parent_id"], newer["parent_id"]) == (None, str(first.pk))
    assert newer["delta"] == {"added": 1, "withdrawn": 0}
    assert older["counts"]["by_reviewer"] == {"rita": 3}
    assert older["counts"]["samples"] == older["sample_count"] == 3
    assert caller.get(f"datasets/versions/{first.pk}").json() == older


def test_two_versions_are_compared(reviewer):
    first = a_sealed_version(reviewer, size=3)
    gone = Case.objects.earliest("pk")
    withdraw_approval(gone, by=reviewer)
    new = an_approved_case(reviewer, decision="approve")
    version = DatasetVersion.objects.open().get()
    caller = api("Viewer")
    path = f"datasets/versions/{version.pk}/compare"

    body = caller.get(path, **{"with": first.pk}).json()
    page = caller.get(path, **{"with": first.pk, "limit": 1}).json()
    rest = caller.get(path, **{"with": first.pk, "cursor": page["next"]}).json()
    added = caller.get(path, **{"with": first.pk, "part": "added"}).json()

    assert (body["added"], body["withdrawn"], body["changed"]) == (1, 1, 0)
    assert [(each["external_id"], each["change"]) for each in body["items"]] == [
        (new.external_id, "added"),
        (gone.external_id, "withdrawn"),
    ]
    assert page["items"] + rest["items"] == body["items"]
    assert [each["change"] for each in added["items"]] == ["added"]
    assert body["version"]["id"] == str(version.pk)
    assert body["counts"]["other"]["samples"] == 3


@pytest.mark.parametrize(
    ("query", "status"),
    [({}, 400), ({"with": "17"}, 404), ({"with": "x"}, 404), ({"part": "some"}, 400)],
)
def test_a_comparison_that_makes_no_sense_is_refused(reviewer, query, status):
    version = a_sealed_version(reviewer)
    query = {"with": version.pk, **query} if "part" in query else query

    answer = api("Viewer").get(f"datasets/versions/{version.pk}/compare", **query)

    assert answer.status_code == status


@pytest.mark.parametrize("rest", ["", "/samples", "/download"])
def test_a_version_that_is_not_there_is_not_found(rest):
    answer = api("Viewer").get(f"datasets/versions/17{rest}")

    assert answer.status_code == 404
    assert "17" in answer.json()["detail"]

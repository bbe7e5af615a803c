"""Importing cases over HTTP: CSV and JSON lines, good lines kept, bad ones named."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.apis import api, case_body
from training.api import imports
from training.models import Case, Review

pytestmark = pytest.mark.django_db

CSV = "id,income,purpose,afam,deny\nA-1,3200,car,no,no\nA-2,,boat,yes,yes\n"


def jsonl(*cases):
    return "".join(json.dumps(case) + "\n" for case in cases)


def test_csv_rows_become_cases():
    answer = api("Operator").send(
        "cases/import",
        CSV,
        "text/csv; charset=utf-8",
        id_column="id",
        ignore_column="deny",
        protected_column="afam",
    )

    assert answer.status_code == 200, answer.json()
    assert answer.json() == {
        "imported": 2,
        "skipped": 0,
        "refused_count": 0,
        "refused": [],
    }
    case = Case.objects.get(external_id="A-1")
    assert {fact["name"]: fact["value"] for fact in case.facts} == {
        "income": 3200.0,
        "purpose": "car",
    }
    assert case.protected == {"afam": "no"}


def test_importing_twice_changes_nothing():
    caller = api("Integration")
    query = {"id_column": "id"}
    caller.send("cases/import", CSV, "text/csv", **query)

    answer = caller.send("cases/import", CSV, "text/csv", **query)

    assert answer.json() == {
        "imported": 0,
        "skipped": 2,
        "refused_count": 0,
        "refused": [],
    }


@pytest.mark.parametrize(
    "content_type",
    ["application/x-ndjson", "application/jsonl", "application/json"],
)
def test_bad_json_lines_are_refused_one_by_one(content_type):
    text = (
        jsonl(case_body("B-1")) + "no json\n" + jsonl({"facts": []}, case_body("B-2"))
    )

    answer = api("Operator").send("cases/import", text, content_type).json()

    assert answer["imported"] == 2
    assert [each["line"] for each in answer["refused"]] == [2, 3]
    assert all(each["reason"] for each in answer["refused"])


def test_the_form_of_the_body_can_be_said_in_the_address():
    answer = api("Operator").send(
        "cases/import", CSV, "application/octet-stream", format="csv", id_column="id"
    )

    assert answer.json()["imported"] == 2


def test_a_file_of_a_form_is_imported():
    caller = api("Operator")
    upload = SimpleUploadedFile("cases.csv", CSV.encode(), content_type="text/csv")

    answer = caller.client.post(
        "/api/v1/cases/import?id_column=id", {"file": upload}, format="multipart"
    )

    assert answer.json()["imported"] == 2


def test_a_decision_column_is_replayed_as_the_callers_reviews():
    caller = api("Admin")

    answer = caller.send(
        "cases/import", CSV, "text/csv", id_column="id", decision_column="deny"
    )

    assert answer.json()["imported"] == 2
    assert set(Review.objects.values_list("by", "decision")) == {
        (caller.user.pk, "no"),
        (caller.user.pk, "yes"),
    }


def test_replaying_needs_the_right_to_review():
    answer = api("Operator").send(
        "cases/import", CSV, "text/csv", id_column="id", decision_column="deny"
    )

    assert answer.status_code == 403
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    ("text", "content_type", "query", "status"),
    [
        ("", "text/csv", {"id_column": "id"}, 400),
        (CSV, "text/csv", {"id_column": "unheard"}, 400),
        (CSV, "application/octet-stream", {}, 400),
        (CSV, "text/csv", {"format": "xlsx"}, 400),
        (CSV, "application/pdf", {}, 415),
    ],
)
def test_what_cannot_be_read_is_one_sentence(text, content_type, query, status):
    answer = api("Operator").send("cases/import", text, content_type, **query)

    assert answer.status_code == status, answer.json()
    assert answer.json()["detail"]
    assert not Case.objects.exists()


def test_a_file_that_is_too_large_is_refused_unread(monkeypatch):
    monkeypatch.setattr(imports, "LARGEST", 10)

    answer = api("Operator").send("cases/import", CSV, "text/csv")

    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"

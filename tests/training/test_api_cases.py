"""Posting, finding, correcting and following up cases over HTTP."""

import pytest
from django.utils import timezone

from tests.apis import a_case, an_approved_case, api, case_body, person
from training.models import Case

pytestmark = pytest.mark.django_db


def test_a_posted_case_comes_back_with_what_was_said_and_its_state():
    caller = api("Operator")
    body = case_body(
        "BOS-1", protected={"afam": "no"}, evidence=[{"id": "e1", "document": "a.pdf"}]
    )

    answer = caller.post("cases", body)

    case = answer.json()
    assert answer.status_code == 201
    assert case["external_id"] == "BOS-1"
    assert case["facts"][0]["name"] == "income"
    assert case["protected"] == {"afam": "no"}
    assert case["evidence"][0]["document"] == "a.pdf"
    assert case["recommendation"] == {
        "decision": "approve",
        "rationale": "Income covers it.",
        "confidence": 0.9,
        "model_version": None,
    }
    assert case["status"] == "awaiting_review"
    assert case["review"] is None
    assert case["sample_id"] is None
    assert isinstance(case["id"], str)
    assert case["created_by"] == caller.user.username


def test_times_are_utc_with_microseconds():
    case = a_case()
    Case.objects.filter(pk=case.pk).update(
        updated_at=timezone.datetime(
            2026, 1, 31, 9, tzinfo=timezone.get_fixed_timezone(540)
        )
    )

    answer = api("Viewer").get(f"cases/{case.pk}").json()

    assert answer["updated_at"] == "2026-01-31T00:00:00.000000Z"


def test_posting_the_same_case_twice_changes_nothing():
    caller = api("Operator")
    caller.post("cases", case_body("BOS-1"))

    again = caller.post("cases", case_body("BOS-1"))

    assert again.status_code == 200
    assert Case.objects.count() == 1


def test_a_known_external_id_with_other_content_is_refused():
    caller = api("Operator")
    caller.post("cases", case_body("BOS-1"))

    answer = caller.post("cases", case_body("BOS-1", title="Another"))

    assert answer.status_code == 409
    assert answer.json()["code"] == "case_differs"
    assert Case.objects.get().title == "Application"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ([], "object"),
        ({"facts": [{"name": "a", "value": 1}]}, "external_id"),
        ({"external_id": "x"}, "facts"),
        ({"external_id": "x", "facts": []}, "facts"),
        ({"external_id": "x", "facts": "none"}, "facts"),
        ({"external_id": ["x"], "facts": [{"name": "a", "value": 1}]}, "external_id"),
        (
            case_body("x", recommendation={"decision": "a", "confidence": 2}),
            "confidence",
        ),
        (case_body("x", title=7), "title"),
    ],
)
def test_a_malformed_case_is_one_sentence_naming_the_field(body, named):
    answer = api("Operator").post("cases", body)

    assert answer.status_code == 400
    assert named in answer.json()["detail"]
    assert not Case.objects.exists()


def test_null_counts_as_absent():
    body = case_body(
        "x", title=None, recommendation=None, evidence=None, protected=None
    )

    answer = api("Operator").post("cases", body)

    assert answer.status_code == 201
    assert answer.json()["recommendation"] is None
    assert answer.json()["evidence"] == []


def test_a_list_is_newest_first_and_goes_on_from_its_cursor():
    cases = [a_case() for _ in range(5)]
    caller = api("Viewer")

    first = caller.get("cases", limit=3).json()
    second = caller.get("cases", limit=3, cursor=first["next"]).json()

    ids = [each["id"] for each in first["items"] + second["items"]]
    assert ids == [str(case.pk) for case in reversed(cases)]
    assert second["next"] is None


def test_a_list_costs_the_same_for_few_and_many(django_assert_max_num_queries):
    caller, reviewer = api("Viewer"), person("Reviewer")
    for _ in range(12):
        an_approved_case(reviewer)
    caller.get("cases")

    with django_assert_max_num_queries(10):
        answer = caller.get("cases", limit=12)

    assert len(answer.json()["items"]) == 12


def test_cases_are_found_by_state_people_words_and_time():
    reviewer = person("Reviewer", "rita")
    waiting, approved = a_case(title="Boat loan"), an_approved_case(reviewer)
    caller = api("Viewer")

    def found(**query):
        answer = caller.get("cases", **query)
        assert answer.status_code == 200, answer.json()
        return {int(each["id"]) for each in answer.json()["items"]}

    assert found(status="approved") == {approved.pk}
    assert found(status="awaiting_review") == {waiting.pk}
    assert found(external_id=waiting.external_id) == {waiting.pk}
    assert found(q="boat") == {waiting.pk}
    assert found(reviewed_by="rita") == {approved.pk}
    assert found(decision="approve") == {approved.pk}
    assert found(updated_since=timezone.now().isoformat()) == set()
    assert found(updated_since="2020-01-01") == {waiting.pk, approved.pk}
    assert found(created_before="2020-01-01T00:00:00Z") == set()


@pytest.mark.parametrize(
    "query",
    [
        {"status": "unheard"},
        {"updated_since": "yesterday"},
        {"limit": "0"},
        {"limit": "many"},
        {"cursor": "%%%"},
    ],
)
def test_a_wrong_filter_is_refused_naming_it(query):
    answer = api("Viewer").get("cases", **query)

    assert answer.status_code == 400
    assert next(iter(query)) in answer.json()["detail"]


@pytest.mark.parametrize("id", ["0", "999", "abc", "1.5", "-1", "9" * 30, "\u0661"])
def test_an_id_that_is_none_is_not_found(id):
    answer = api("Viewer").get(f"cases/{id}")

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_a_waiting_case_is_corrected_and_the_old_content_stays():
    case, caller = a_case(external_id="BOS-1"), api("Operator")

    answer = caller.put(f"cases/{case.pk}", case_body("BOS-1", title="Corrected"))

    assert answer.status_code == 200
    assert answer.json()["title"] == "Corrected"
    assert case.revisions.get().content["title"] == "Application"


def test_a_decided_case_is_not_corrected():
    case = an_approved_case(person("Reviewer"), external_id="BOS-1")

    answer = api("Operator").put(f"cases/{case.pk}", case_body("BOS-1", title="Other"))

    assert answer.status_code == 409
    case.refresh_from_db()
    assert case.title == "Application"


def test_an_outcome_is_kept_beside_the_case():
    case = an_approved_case(person("Reviewer"))

    answer = api("Integration").post(
        f"cases/{case.pk}/outcome", {"outcome": "defaulted", "at": "2026-03-01"}
    )

    assert answer.status_code == 200
    assert answer.json()["outcome"] == {
        "outcome": "defaulted",
        "at": "2026-03-01T00:00:00.000000Z",
    }


@pytest.mark.parametrize(
    "body",
    [{}, {"outcome": ""}, {"outcome": 5}, {"outcome": "late", "at": "some day"}],
)
def test_a_malformed_outcome_is_refused(body):
    case = a_case()

    answer = api("Operator").post(f"cases/{case.pk}/outcome", body)

    assert answer.status_code == 400
    assert not case.outcomes.exists()


@pytest.mark.parametrize(
    ("external_id", "kept"), [(3, "3"), (3.0, "3"), (1e22, "1" + "0" * 22), (-7, "-7")]
)
def test_a_whole_number_names_a_case_however_json_writes_it(external_id, kept):
    body = case_body(external_id)
    body["evidence"] = [{"id": 2.0, "page": 4.0}]

    posted = api("Operator").post("cases", body).json()

    assert posted["external_id"] == kept
    assert posted["evidence"][0] | {"document": "", "snippet": ""} == {
        "id": "2",
        "page": 4,
        "document": "",
        "snippet": "",
    }


@pytest.mark.parametrize("wrong", [1.5, True, 10**22 + 1, [1], {"a": 1}])
def test_what_is_no_whole_number_names_nothing(wrong):
    answer = api("Operator").post("cases", case_body(wrong))

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    ("value", "status"), [(1e300, 201), (-1e300, 201), (2e300, 400)]
)
def test_a_number_has_the_bound_that_the_document_says(value, status):
    facts = [{"name": "income", "value": value}]

    answer = api("Operator").post("cases", case_body("N-1", facts=facts))

    assert answer.status_code == status


def test_a_correction_of_another_case_is_a_conflict():
    case = a_case(external_id="A-1")

    answer = api("Operator").put(f"cases/{case.pk}", case_body("A-2"))

    assert (answer.status_code, answer.json()["code"]) == (409, "other_case")
    case.refresh_from_db()
    assert case.external_id == "A-1"

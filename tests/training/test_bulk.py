"""Agreeing with many at once: what is counted is what happens; each kind of refusal."""

import pytest

from tests.apis import a_case, an_approved_case, api, case_body, person
from training.choices import ReviewSource
from training.errors import InvalidInput
from training.models import Case, Review
from training.services.cases import bulk_approvals
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.cases.claims import claim_case
from training.services.cases.intake import correct_case, parse_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita():
    return person("Reviewer", "rita")


def advised(decision="approve", confidence=0.9, **more):
    said = {"decision": decision, "confidence": confidence}
    return a_case(recommendation=said, **more)


def ids(cases):
    return [case.pk for case in cases]


def test_the_plan_is_what_happens(rita):
    [advised() for _n in range(3)]
    [advised("deny") for _n in range(2)]

    plan = bulk_approvals.plan_bulk(Case.objects.all(), by=rita)
    result = bulk_approvals.approve_many(
        ids(plan.cases), by=rita, counted_at=plan.counted_at
    )

    assert plan.by_decision == result.by_decision == [("approve", 3), ("deny", 2)]
    assert result.refused == []
    assert {review.source for review in Review.objects.all()} == {ReviewSource.BULK}
    assert Case.objects.approved().count() == 5


def test_the_plan_counts_the_unsure_and_writes_nothing(rita):
    advised(confidence=0.69)
    advised(confidence=0.70)
    a_case(recommendation={"decision": "deny"})

    plan = bulk_approvals.plan_bulk(Case.objects.all(), by=rita)

    assert (len(plan.cases), len(plan.unsure)) == (3, 1)
    assert Review.objects.count() == 0


def test_the_plan_leaves_out_what_this_person_cannot_agree_with(rita):
    bob = person("Reviewer", "bob")
    free, opened, mine = advised(), advised(), advised()
    a_case(recommendation=None)
    an_approved_case(bob)
    claim_case(opened, by=bob)
    approve_case(mine, ReviewInput(confidence=0.1), by=rita)

    plan = bulk_approvals.plan_bulk(Case.objects.all(), by=rita)

    assert (plan.cases, plan.barred, plan.left_out) == ([free], 1, 3)


def test_one_that_cannot_be_approved_stops_no_other(rita):
    bob = person("Reviewer", "bob")
    first, decided, mine, last = advised(), advised(), advised(), advised()
    without = a_case(recommendation=None)
    approve_case(decided, ReviewInput("deny"), by=bob)
    approve_case(mine, ReviewInput(confidence=0.1), by=rita)

    result = bulk_approvals.approve_many(
        ids([first, decided, mine, without, last]), by=rita
    )

    assert [each.case for each in result.approvals] == [first, last]
    assert {each.case.pk: each.code for each in result.refused} == {
        decided.pk: "already_approved",
        mine.pk: "second_reviewer_needed",
        without.pk: "no_recommendation",
    }
    decided.refresh_from_db()
    assert decided.decision == "deny"


def test_what_changed_after_the_count_stays(rita):
    case, other = advised(external_id="C-7"), advised()
    plan = bulk_approvals.plan_bulk(Case.objects.all(), by=rita)
    changed = case_body("C-7", facts=[{"name": "income", "value": 1}])
    correct_case(case, parse_case(changed), by=rita)

    result = bulk_approvals.approve_many(
        ids(plan.cases), by=rita, counted_at=plan.counted_at
    )

    assert [each.case for each in result.approvals] == [other]
    assert "has changed meanwhile" in result.refused[0].why


def test_equal_facts_decided_otherwise_wait_for_a_second_reviewer(rita):
    facts = [{"name": "income", "value": 700}]
    an_approved_case(rita, decision="deny", facts=facts)
    case = advised(facts=facts)

    result = bulk_approvals.approve_many([case.pk], by=rita)

    assert (len(result.approvals), result.second) == (1, 1)


def test_a_case_named_twice_is_approved_once(rita):
    case = advised()

    result = bulk_approvals.approve_many([case.pk, case.pk, 10**9], by=rita)

    assert (len(result.approvals), result.refused) == (1, [])


def test_more_than_the_most_is_refused_whole(rita):
    case = advised()

    with pytest.raises(InvalidInput, match="500"):
        bulk_approvals.approve_many([case.pk] * (bulk_approvals.AT_MOST + 1), by=rita)
    assert Review.objects.count() == 0


def test_the_api_answers_for_each_case():
    caller = api("Reviewer")
    good, without = advised("deny"), a_case(recommendation=None)
    ids = [str(good.pk), str(without.pk), "999999", "x"]

    answer = caller.post("approvals/bulk", {"case_ids": ids})

    results = {row["case_id"]: row for row in answer.json()["results"]}
    assert answer.status_code == 200
    assert list(results) == ids
    assert results[str(good.pk)] == {
        "case_id": str(good.pk),
        "approved": True,
        "status": "approved",
        "decision": "deny",
        "code": None,
        "detail": None,
    }
    codes = [results[pk]["code"] for pk in ids[1:]]
    assert codes == ["no_recommendation", "not_found", "not_found"]


@pytest.mark.parametrize("body", [{}, {"case_ids": "1"}, {"case_ids": ["1"] * 501}])
def test_the_api_refuses_what_is_no_list_of_at_most_500(body):
    answer = api("Reviewer").post("approvals/bulk", body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_the_api_answers_for_a_case_by_the_id_as_it_was_written():
    case = advised()

    answer = api("Reviewer").post("approvals/bulk", {"case_ids": [f"00{case.pk}"]})

    rows = [(row["case_id"], row["approved"]) for row in answer.json()["results"]]
    assert rows == [(f"00{case.pk}", True)]

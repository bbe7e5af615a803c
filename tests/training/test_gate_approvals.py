"""Approvals meet what was learnt before: contradictions and duplicates."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.apis import a_case, an_approved_case, api, case_body, here, person
from training.case_schema import parse_case
from training.choices import CaseStatus, GateStatus, ReviewSource
from training.errors import InvalidInput
from training.models import Sample, TrainingPolicy
from training.services.cases.approvals import (
    ReviewInput,
    approve_case,
    record_approval,
    withdraw_approval,
)

FACTS = [{"name": "income", "value": 700}, {"name": "debt", "value": 0.36}]


@pytest.fixture
def alice(db):
    return person("Reviewer", "alice")


@pytest.fixture
def bob(db):
    return person("Reviewer", "bob")


def a_twin(**changes):
    """A case with the facts of every other twin."""
    return a_case(**{"facts": FACTS, **changes})


def set_policy(**changes):
    TrainingPolicy.objects.update(**changes)


def check(sample, name):
    return next(each for each in sample.gate_checks if each["check"] == name)


def test_a_contradiction_waits_for_a_second_reviewer_who_resolves_it(db):
    first, second = api("Reviewer"), here(person("Reviewer"))
    an_approved_case(first.user, decision="approve", facts=FACTS)
    case = a_twin()
    path = f"approvals/cases/{case.pk}/approve"

    waits = first.post(path, {"decision": {"decision": "deny"}}).json()
    again = first.post(path, {"decision": {"decision": "deny"}})
    solved = second.post(path, {"decision": {"decision": "deny"}}).json()

    assert waits["status"] == "needs_review"
    assert waits["sample"]["gate"]["status"] == "needs_review"
    named = {c["check"]: c for c in waits["sample"]["gate"]["checks"]}
    assert named["contradictions"] == {
        "check": "contradictions",
        "value": 1,
        "limit": 0,
        "ok": False,
    }
    assert [n for n, each in named.items() if not each["ok"]] == ["contradictions"]
    assert again.json()["code"] == "second_reviewer_needed"
    assert solved["status"] == "approved"
    assert solved["sample"]["gate"]["status"] == "candidate"
    assert Sample.objects.filter(gate_status="candidate").count() == 2


def test_the_second_reviewer_may_side_with_the_earlier_decision(alice, bob):
    an_approved_case(alice, decision="approve", facts=FACTS)
    case = a_twin()
    approve_case(case, ReviewInput("deny"), by=alice)
    sample = approve_case(case, ReviewInput("approve"), by=bob).sample
    assert sample.gate_status == GateStatus.CANDIDATE
    assert check(sample, "contradictions")["value"] == 0
    assert check(sample, "duplicates")["value"] == 1


def test_the_order_of_the_facts_is_no_other_case(alice):
    an_approved_case(alice, decision="approve", facts=FACTS)
    case = a_twin(facts=FACTS[::-1])
    approve_case(case, ReviewInput("deny"), by=alice)
    assert case.status == CaseStatus.NEEDS_REVIEW


def test_a_withdrawn_decision_contradicts_nobody_not_even_its_own_case(alice):
    case = an_approved_case(alice, decision="approve", facts=FACTS)
    withdraw_approval(case, by=alice)
    case.refresh_from_db()
    assert approve_case(case, ReviewInput("deny"), by=alice).sample.in_from is not None
    twin = a_twin()
    assert approve_case(twin, ReviewInput("deny"), by=alice).sample.in_from is not None


def test_what_waits_or_was_refused_contradicts_nobody(alice):
    unsure = a_twin()
    approve_case(unsure, ReviewInput("approve", confidence=0.1), by=alice)
    leaky = a_twin()
    approve_case(leaky, ReviewInput("approve", "password=hunter"), by=alice)
    assert leaky.status == CaseStatus.APPROVED
    sample = approve_case(a_twin(), ReviewInput("deny"), by=alice).sample
    assert check(sample, "contradictions")["value"] == 0
    assert check(sample, "duplicates")["value"] == 0


def test_contradictions_can_be_allowed(alice):
    an_approved_case(alice, decision="approve", facts=FACTS)
    set_policy(max_contradictions=1)
    sample = approve_case(a_twin(), ReviewInput("deny"), by=alice).sample
    assert sample.gate_status == GateStatus.CANDIDATE
    third = approve_case(a_twin(), ReviewInput("hold"), by=alice).sample
    assert check(third, "contradictions")["value"] == 2
    assert third.gate_status == GateStatus.NEEDS_REVIEW


def test_equal_samples_are_counted_and_refused_only_beyond_the_limit(alice):
    for _ in range(2):
        sample = an_approved_case(alice, "deny", facts=FACTS).samples.get()
        assert sample.gate_status == GateStatus.CANDIDATE
    set_policy(max_duplicates=1)
    case = an_approved_case(alice, "deny", facts=FACTS)
    sample = case.samples.get()
    assert sample.gate_status == GateStatus.REJECTED
    assert sample.in_from is None
    assert (check(sample, "duplicates")["value"], case.status) == (2, "approved")


def test_decisions_of_the_past_are_ordinary_candidates(alice):
    set_policy(max_duplicates=0)
    for decision in ["approve", "deny", "deny"]:
        _review, sample = record_approval(
            a_twin(), ReviewInput(decision), by=alice, source=ReviewSource.REPLAY
        )
        assert sample.gate_status == GateStatus.CANDIDATE
        assert check(sample, "contradictions")["value"] is None
        assert check(sample, "duplicates")["value"] is None


def test_and_a_reviewer_who_contradicts_them_is_not_alone(alice):
    record_approval(a_twin(), ReviewInput("deny"), by=alice, source=ReviewSource.REPLAY)
    case = a_twin()
    approve_case(case, ReviewInput("approve"), by=alice)
    assert case.status == CaseStatus.NEEDS_REVIEW


def test_evidence_is_asked_for_by_way_of_review(alice):
    set_policy(min_evidence_by_source={"page": 1})
    by_page = approve_case(a_case(), ReviewInput(), by=alice, source=ReviewSource.PAGE)
    by_api = approve_case(a_case(), ReviewInput(), by=alice)
    assert by_page.sample.gate_status == GateStatus.REJECTED
    assert by_api.sample.gate_status == GateStatus.CANDIDATE
    shown = a_case(evidence=[{"snippet": "Payslip"}])
    with_it = approve_case(shown, ReviewInput(), by=alice, source=ReviewSource.PAGE)
    assert with_it.sample.gate_status == GateStatus.CANDIDATE


def test_one_query_looks_and_uses_the_index(alice):
    an_approved_case(alice, decision="approve", facts=FACTS)
    case = a_twin()
    with CaptureQueriesContext(
        connection,
    ) as seen:
        approve_case(case, ReviewInput("deny"), by=alice)
    looks = [
        q["sql"] for q in seen if "facts_sha256" in q["sql"] and "COUNT" in q["sql"]
    ]
    assert len(looks) == 1
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # a handful of rows is not worth an index
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            # Of a handful, all rows of the other index of live samples cost as little.
            cursor.execute("DROP INDEX sample_one_live_per_case")
            cursor.execute(f"EXPLAIN {looks[0]}")
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {looks[0]}")
        plan = str(cursor.fetchall())
    assert "sample_same_facts" in plan


@pytest.mark.django_db
def test_a_whole_number_is_the_same_fact_however_it_is_written():
    one = parse_case(case_body("A", facts=[{"name": "n", "value": 1}]))
    other = parse_case(case_body("B", facts=[{"name": "n", "value": 1.0}]))
    assert one.facts_sha256 == other.facts_sha256


@pytest.mark.django_db
def test_a_decision_that_only_looks_like_another_is_refused():
    case = a_case()
    with pytest.raises(InvalidInput, match="invisible"):
        approve_case(case, ReviewInput(decision="no\u202e"), by=person("Reviewer"))
    assert not case.reviews.exists()

"""What a review does to its case, and which sample it yields."""

import pytest

from tests.apis import a_case, an_approved_case, case_body, person
from training.case_schema import parse_case
from training.choices import CaseStatus, GateStatus, ReviewAction
from training.errors import InvalidInput, NotAllowedNow, StaleState
from training.models import AuditEvent, Case, DatasetVersion, Review, Sample
from training.services.cases.approvals import (
    ReviewInput,
    approve_case,
    is_held_out,
    reject_case,
    request_changes,
    withdraw_approval,
)
from training.services.cases.intake import (
    CaseDiffers,
    correct_case,
    post_case,
    record_outcome,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return person("Reviewer", "alice")


@pytest.fixture
def bob():
    return person("Reviewer", "bob")


def test_an_approval_makes_a_sample_in_the_open_version_and_says_who(alice):
    case = a_case()
    approval = approve_case(
        case, ReviewInput(decision="deny", rationale="Debt."), by=alice
    )

    assert case.status == CaseStatus.APPROVED
    assert case.decision == "deny"
    assert approval.sample.output == "deny\nDebt."
    assert approval.sample.gate_status == GateStatus.CANDIDATE
    assert approval.sample.in_from == DatasetVersion.objects.open().get()
    assert AuditEvent.objects.about(case).filter(action="case.approved", actor=alice)


def test_no_decision_accepts_the_recommendation_as_it_is(alice):
    approval = approve_case(a_case(), ReviewInput(), by=alice)
    assert approval.review.decision == "approve"
    assert approval.sample.output == "approve\nIncome covers it."


def test_nothing_to_accept_is_refused_and_changes_nothing(alice):
    case = a_case(recommendation=None)
    with pytest.raises(NotAllowedNow, match="no recommendation"):
        approve_case(case, ReviewInput(), by=alice)
    case.refresh_from_db()
    assert case.status == CaseStatus.AWAITING_REVIEW
    assert not Review.objects.exists()


def test_a_second_approval_is_refused(alice, bob):
    case = an_approved_case(alice)
    with pytest.raises(NotAllowedNow, match="already approved"):
        approve_case(case, ReviewInput(decision="deny"), by=bob)
    assert Sample.objects.count() == 1


def test_of_two_reviewers_at_once_only_the_first_decides(alice, bob):
    case = a_case()
    first, second = Case.objects.get(pk=case.pk), Case.objects.get(pk=case.pk)
    reject_case(first, by=alice)
    with pytest.raises(StaleState, match="somebody was first"):
        approve_case(second, ReviewInput(decision="approve"), by=bob)
    assert Review.objects.get().action == ReviewAction.REJECT


def test_a_decision_cannot_land_on_facts_corrected_meanwhile(alice):
    case = a_case(external_id="C-1")
    read_before = Case.objects.get(pk=case.pk)
    corrected = case_body("C-1", facts=[{"name": "income", "value": 9}])
    correct_case(case, parse_case(corrected), by=None)
    with pytest.raises(StaleState, match="was corrected meanwhile") as refused:
        approve_case(read_before, ReviewInput(decision="approve"), by=alice)
    assert "somebody was first" not in str(refused.value)


def test_an_unsure_review_waits_for_another_person(alice, bob):
    case = a_case()
    first = approve_case(case, ReviewInput(decision="deny", confidence=0.5), by=alice)
    assert case.status == CaseStatus.NEEDS_REVIEW
    assert first.sample.gate_status == GateStatus.NEEDS_REVIEW
    assert first.sample.in_from is None

    with pytest.raises(NotAllowedNow, match="second reviewer"):
        approve_case(case, ReviewInput(decision="deny", confidence=0.9), by=alice)

    second = approve_case(case, ReviewInput(decision="approve", confidence=0.6), by=bob)
    assert case.status == CaseStatus.APPROVED
    assert case.decision == "approve"
    assert second.sample.gate_status == GateStatus.CANDIDATE


@pytest.mark.parametrize("confidence", [None, 0.7, 1.0])
def test_a_sure_or_silent_reviewer_is_enough(alice, confidence):
    approval = approve_case(
        a_case(), ReviewInput("deny", confidence=confidence), by=alice
    )
    assert approval.case.status == CaseStatus.APPROVED


def test_withdrawing_takes_the_sample_out_and_the_case_back(alice):
    case = an_approved_case(alice)
    withdraw_approval(case, by=alice, reasoning="Wrong file.")
    case.refresh_from_db()
    assert case.status == CaseStatus.AWAITING_REVIEW
    assert not DatasetVersion.objects.open().get().samples().exists()
    assert (
        approve_case(case, ReviewInput(decision="deny"), by=alice).sample.in_until
        is None
    )


def test_only_an_approval_can_be_withdrawn(alice):
    with pytest.raises(NotAllowedNow, match="not approved"):
        withdraw_approval(a_case(), by=alice)


def test_a_case_sent_back_waits_again_once_it_is_corrected(alice):
    case = a_case(external_id="C-2")
    request_changes(case, by=alice, reasoning="Which income?")
    corrected = case_body("C-2", facts=[{"name": "income", "value": 1}])
    correct_case(case, parse_case(corrected), by=alice)
    assert case.status == CaseStatus.AWAITING_REVIEW
    assert case.facts[0]["value"] == 1
    assert case.revisions.get().content["facts"][0]["value"] == 3200


def test_a_decided_case_cannot_be_corrected(alice):
    case = an_approved_case(alice, external_id="C-3")
    with pytest.raises(NotAllowedNow, match="only a waiting case"):
        correct_case(case, parse_case(case_body("C-3", title="Other")), by=alice)


def test_posting_the_same_case_again_changes_nothing_and_another_is_refused():
    case, created = post_case(parse_case(case_body("C-4")), by=None)
    again, created_again = post_case(parse_case(case_body("C-4")), by=None)
    assert (created, created_again, again.pk) == (True, False, case.pk)
    with pytest.raises(CaseDiffers):
        post_case(parse_case(case_body("C-4", title="Other")), by=None)


def test_the_newest_outcome_stands_beside_the_decision(alice):
    case = an_approved_case(alice)
    record_outcome(case, outcome="repaid", at=None, by=alice)
    assert case.outcomes.get().outcome == "repaid"


def test_a_case_keeps_its_side_of_the_split_for_ever():
    shares = [is_held_out(f"case-{n}") for n in range(2000)]
    assert shares == [is_held_out(f"case-{n}") for n in range(2000)]
    assert 0.17 < sum(shares) / 2000 < 0.23


def test_protected_facts_never_reach_a_sample(alice, settings):
    settings.PROTECTED_ATTRIBUTES = ["Gender"]
    facts = [{"name": "income", "value": 1}, {"name": "gender", "value": "f"}]
    case = a_case(facts=facts, protected={"age": 61})
    sample = approve_case(case, ReviewInput(decision="deny"), by=alice).sample
    assert case.protected == {"age": 61, "gender": "f"}
    assert [fact["name"] for fact in sample.facts] == ["income"]
    assert "gender" not in sample.input


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ({"external_id": " "}, "external_id is required"),
        ({"facts": []}, "at least one fact"),
        ({"facts": [{"value": 1}]}, "name is required"),
        ({"facts": [{"name": "a"}]}, "a has no value"),
        ({"facts": [{"name": "a", "value": [1]}]}, "must be a number"),
        ({"facts": [{"name": "a", "value": float("nan")}]}, "not a finite number"),
        ({"facts": [{"name": "a", "value": 1}] * 2}, "given twice"),
        ({"recommendation": {"confidence": 0.5}}, "decision is required"),
        ({"recommendation": {"decision": "no", "confidence": 2}}, "from 0 to 1"),
        ({"title": "a\x00b"}, "NUL character"),
        ({"evidence": "letter.pdf"}, "evidence must be a list"),
        ({"protected": ["age"]}, "protected must be an object"),
    ],
)
def test_a_case_that_cannot_be_read_is_one_sentence(broken, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        parse_case(case_body(**broken))


def test_a_decision_is_kept_verbatim(alice):
    approval = approve_case(a_case(), ReviewInput(decision="보류"), by=alice)
    assert approval.sample.decision == "보류"

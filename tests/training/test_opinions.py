"""A second opinion is somebody else's, in whatever order things are done."""

from contextlib import suppress

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.apis import Api, a_case, case_body, person
from tests.database import refuses
from training.case_schema import parse_case
from training.choices import CaseStatus
from training.errors import DomainError, NotAllowedNow, StaleState
from training.models import Case, Review
from training.services.cases import bulk_approvals
from training.services.cases import undo as undoing
from training.services.cases.approvals import (
    ReviewInput,
    approve_case,
    reject_case,
    request_changes,
    withdraw_approval,
)
from training.services.cases.intake import correct_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return person("Admin", "alice")


@pytest.fixture
def bob():
    return person("Admin", "bob")


def approve(case, by):
    approve_case(case, ReviewInput("deny", confidence=0.95), by=by)


def unsure(case, by):
    approve_case(case, ReviewInput("deny", confidence=0.1), by=by)


def unsure_and_unfit(case, by):
    """What nobody may learn is refused, whatever a second person says."""
    approve_case(case, ReviewInput("deny", "password=hunter", confidence=0.1), by=by)


def agree_in_bulk(case, by):
    for refusal in bulk_approvals.approve_many([case.pk], by=by).refused:
        raise NotAllowedNow(refusal.why, code=refusal.code)


def agree_over_http(case, by):
    answer = Api(by).post(f"approvals/cases/{case.pk}/approve", {"confidence_score": 1})
    if answer.status_code != 200:
        raise NotAllowedNow(answer.json()["detail"], code=answer.json()["code"])


def undo(case, by):
    undoing.undo_decision(case, by=by)


def correct(case, by):
    title = "Corrected" if case.title != "Corrected" else "Application"
    content = case_body(case.external_id, title=title, facts=case.facts)
    correct_case(case, parse_case(content), by=by)


def correct_there_and_back(case, by):
    correct(case, by)
    correct(case, by)


WAYS = {  # what happens between an unsure approval of alice and her sure one
    "nothing": [],
    "she sends it back": [("alice", request_changes)],
    "another sends it back": [("bob", request_changes)],
    "she rejects it": [("alice", reject_case)],
    "she rejects it and takes that back": [("alice", reject_case), ("alice", undo)],
    "another rejects it and takes that back": [("bob", reject_case), ("bob", undo)],
    "sent back, and that taken back": [("bob", request_changes), ("bob", undo)],
    "sent back, rejected, taken back": [
        ("bob", request_changes),
        ("alice", reject_case),
        ("alice", undo),
    ],
    "confirmed and withdrawn": [("bob", approve), ("bob", withdraw_approval)],
    "confirmed and undone by her": [("bob", approve), ("alice", undo)],
    "confirmed, withdrawn, sent back": [
        ("bob", approve),
        ("alice", withdraw_approval),
        ("alice", request_changes),
    ],
    "corrected, and corrected back": [("bob", correct_there_and_back)],
}


@pytest.mark.parametrize("first", [unsure, unsure_and_unfit])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_who_was_unsure_never_approves_alone(alice, bob, first, way):
    case = a_case(external_id="C-7")
    first(case, by=alice)
    for who, act in way:
        act(Case.objects.get(pk=case.pk), by={"alice": alice, "bob": bob}[who])

    for again in (approve, agree_in_bulk, agree_over_http):
        with pytest.raises(DomainError):
            again(Case.objects.get(pk=case.pk), by=alice)
    assert not Case.objects.decidable_by(alice).exists()
    case.refresh_from_db()
    assert case.status != CaseStatus.APPROVED

    if case.status != CaseStatus.REJECTED:
        approve(case, by=bob)
        assert case.status == CaseStatus.APPROVED


def test_a_correction_starts_anew(alice, bob):
    case = a_case(external_id="C-8")
    unsure(case, by=alice)
    correct(case, by=bob)
    assert Case.objects.decidable_by(alice).exists()
    approve(case, by=alice)
    assert case.status == CaseStatus.APPROVED


def test_two_approvals_of_one_person_at_once_are_not_two_opinions(alice):
    case = a_case()
    read_before = Case.objects.get(pk=case.pk)
    unsure(case, by=alice)
    with pytest.raises(DomainError):
        approve(read_before, by=alice)
    reject_case(case, by=alice)
    with pytest.raises(StaleState):
        correct(read_before, by=alice)


@pytest.mark.parametrize("act", [approve, unsure, reject_case, request_changes])
def test_what_is_rejected_stays_rejected(alice, bob, act):
    case = a_case()
    reject_case(case, by=alice)
    with pytest.raises(StaleState, match="somebody was first"):
        act(case, by=bob)


def test_the_database_wants_another_person_too(alice, bob):
    case = a_case()
    unsure(case, by=alice)
    review = {"case": case, "action": "approve", "decision": "deny", "source": "api"}

    refuses(lambda: Review.objects.create(**review, by=alice))
    refuses(lambda: Review.objects.create(**review, by=bob, content_sha256="0" * 64))
    Review.objects.create(**review, by=bob, content_sha256=case.content_sha256)


class Opinions(RuleBasedStateMachine):
    """Three people do anything to one case, also with what they read long ago."""

    read = Bundle("read")
    people = st.integers(0, 2)

    def __init__(self):
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.persons = [person("Admin") for _ in range(3)]
        self.case = a_case()
        self.first = set()  # who asked for a second opinion, and on what content
        self.last = None  # who approved last

    def teardown(self):
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @initialize(target=read)
    def begin(self):
        return Case.objects.get(pk=self.case.pk)

    @rule(target=read)
    def look(self):
        return Case.objects.get(pk=self.case.pk)

    @rule(case=read, who=people, sure=st.booleans(), fit=st.booleans())
    def approve(self, case, who, sure, fit):
        why = "" if fit else "password=hunter"
        verdict = ReviewInput("deny", why, confidence=0.9 if sure else 0.2)
        with suppress(DomainError), transaction.atomic():
            approval = approve_case(case, verdict, by=self.persons[who])
            self.last = who
            confirms = any(content == case.content_sha256 for _, content in self.first)
            if not sure and not confirms:
                self.first.add((who, case.content_sha256))
            assert approval.review.asks_second == (not sure and not confirms)

    @rule(case=read, who=people)
    def agree_with_many(self, case, who):
        if bulk_approvals.approve_many([case.pk], by=self.persons[who]).approvals:
            self.last = who

    @rule(
        case=read,
        who=people,
        act=st.sampled_from(
            [reject_case, request_changes, withdraw_approval, undo, correct]
        ),
    )
    def act(self, case, who, act):
        with suppress(DomainError), transaction.atomic():
            act(case, by=self.persons[who])

    @invariant()
    def nobody_is_both_opinions(self):
        now = Case.objects.get(pk=self.case.pk)
        if now.status == CaseStatus.APPROVED:
            asked = {
                who for who, content in self.first if content == now.content_sha256
            }
            assert self.last not in asked


def test_no_single_person_is_both_opinions_in_any_order():
    run_state_machine_as_test(Opinions, settings=STEPS)


STEPS = settings(
    max_examples=20,
    stateful_step_count=20,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

"""Four eyes on a case: who brought it in or corrected it does not approve it."""

import io

import pytest

from tests.apis import Api, a_case, case_body, person
from tests.database import refuses
from training.case_schema import parse_case
from training.choices import CaseStatus
from training.errors import NotAllowedNow
from training.models import AuditEvent, Case, Review
from training.services.cases import bulk_approvals
from training.services.cases.approvals import (
    ReviewInput,
    approve_case,
    reject_case,
    request_changes,
)
from training.services.cases.imports import ImportOptions, import_cases
from training.services.cases.intake import correct_case
from training.services.policy import policies

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return person("Admin", "alice")


@pytest.fixture
def bob():
    return person("Admin", "bob")


@pytest.fixture
def ruled(db):
    policies.change_policy(by=None, bars_own_cases=True)


def corrected(by, **changes):
    case = a_case(external_id="C-1", **changes)
    body = case_body("C-1", title="Corrected")
    return correct_case(case, parse_case(body), by=by)


WAYS = {"brought in": lambda by: a_case(by=by), "corrected": corrected}


@pytest.mark.parametrize("made", WAYS.values(), ids=WAYS)
def test_off_at_first_everybody_may_approve(alice, made):
    case = made(alice)
    approve_case(case, ReviewInput("deny"), by=alice)
    assert case.status == CaseStatus.APPROVED


@pytest.mark.parametrize("made", WAYS.values(), ids=WAYS)
def test_who_wrote_it_does_not_approve_it_by_any_way(ruled, alice, bob, made):
    case = made(alice)
    asked = Api(alice).post(f"approvals/cases/{case.pk}/approve")
    assert (asked.status_code, asked.json()["code"]) == (409, "own_case")
    [refused] = bulk_approvals.approve_many([case.pk], by=alice).refused
    assert refused.code == "own_case"
    assert not Case.objects.decidable_by(alice).exists()
    assert Case.objects.decidable_by(bob).get() == case

    review = {"case": case, "action": "approve", "decision": "deny", "source": "api"}
    refuses(lambda: Review.objects.create(**review, by=alice))

    approve_case(Case.objects.get(pk=case.pk), ReviewInput("deny"), by=bob)


def test_whoever_corrected_it_ever_is_barred(ruled, alice, bob):
    case = corrected(alice)
    body = case_body("C-1", title="Corrected again")
    correct_case(case, parse_case(body), by=bob)
    for one in (alice, bob):
        with pytest.raises(NotAllowedNow, match="somebody"):
            approve_case(case, ReviewInput("deny"), by=one)


@pytest.mark.parametrize("act", [reject_case, request_changes])
def test_sending_back_and_rejecting_stay_possible(ruled, alice, act):
    act(a_case(by=alice), by=alice)


def test_nobody_imports_decisions_of_their_own_on_what_they_import(ruled, alice, bob):
    lines = b"id,income,said\nC-1,1,yes\nC-2,2,no\n"
    options = ImportOptions("csv", id_column="id", decision_column="said")
    refused = import_cases(io.BytesIO(lines), options, by=alice, replay_as=alice)
    assert (refused.imported, len(refused.refused)) == (0, 2)
    assert not Case.objects.exists()
    done = import_cases(io.BytesIO(lines), options, by=alice, replay_as=bob)
    assert done.imported == 2


def test_the_rule_is_switched_over_the_api_and_on_record(alice):
    api = Api(alice)
    assert api.get("training/auto").json()["bars_own_cases"] is False
    assert api.post("training/auto", {"bars_own_cases": True}).status_code == 200
    event = AuditEvent.objects.get(action="policy.changed")
    assert event.detail["after"] == {"bars_own_cases": True}


def may_approve(caller, case):
    return caller.get(f"cases/{case.pk}").json()["may_approve"]


def test_the_api_names_who_may_approve_a_case(ruled, alice, bob):
    person("Viewer", "vera")
    account = "robot@service"
    person("Reviewer", account)
    carol, case = person("Reviewer", "carol"), a_case(by=alice)
    assert may_approve(Api(carol), case) == ["bob", "carol"]

    approve_case(case, ReviewInput("deny", confidence=0.1), by=carol)
    assert may_approve(Api(carol), case) == ["bob"]
    approve_case(case, ReviewInput("deny"), by=bob)
    assert may_approve(Api(carol), case) is None


def test_who_may_not_see_people_is_told_no_names(alice):
    case, carol = a_case(), person("Viewer")
    blinkered = Api(alice, scopes=["training.view_case"])
    assert may_approve(blinkered, case) is None
    assert may_approve(Api(carol), case) == ["alice"]
    assert "may_approve" not in Api(carol).get("cases").json()["items"][0]


def test_so_many_people_are_named_and_no_more(alice, monkeypatch):
    monkeypatch.setattr("preciso.limits.PEOPLE", 2)
    case = a_case()
    for name in ("zoe", "ben", "carl"):
        person("Reviewer", name)
    assert may_approve(Api(alice), case) == ["alice", "ben"]

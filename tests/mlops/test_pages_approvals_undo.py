"""One key takes the last decision back, for a while."""

import pytest

from tests.apis import a_case, an_approved_case, case_body
from tests.mlops.people import browser, by_htmx, text
from training.models import AuditEvent
from training.services.cases.approvals import (
    ReviewInput,
    approve_case,
    reject_case,
    request_changes,
)
from training.services.cases.intake import correct_case, parse_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita():
    return browser("Reviewer", "rita")


@pytest.fixture
def bob():
    return browser("Reviewer", "bob")


def path(case, verb=""):
    return f"/mlops/approvals/{case.pk}/" + (f"{verb}/" if verb else "")


def test_undo_brings_the_case_back(rita):
    case = a_case(external_id="C-1")
    approve_case(case, ReviewInput(confidence=0.9), by=rita.user)

    answer = by_htmx(rita, path(case, "undo"))

    case.refresh_from_db()
    assert (answer.status_code, case.status) == (200, "awaiting_review")
    assert "Undone: C-1" in text(answer)


def test_without_javascript_the_next_page_offers_the_undo_once(rita):
    case = a_case(external_id="C-1")
    a_case(external_id="C-2")

    rita.post(path(case, "approve"), {"confidence": "0.95"})
    page = rita.get("/mlops/approvals/")

    (notice,) = page.context["messages"]
    assert notice.undo.startswith(path(case, "undo"))
    assert (notice.extra_tags, notice.tags) == (None, "success")
    assert f'action="{notice.undo}"' in text(page)
    assert list(rita.get("/mlops/approvals/").context["messages"]) == []


def test_each_message_that_waits_offers_its_own_undo(rita):
    cases = [a_case(external_id="C-1"), a_case(external_id="C-2")]
    for case in cases:
        rita.post(path(case, "approve"), {"confidence": "0.95"})

    page = rita.get("/mlops/approvals/")

    offers = [(str(each), each.undo.split("?")[0]) for each in page.context["messages"]]
    assert [(said[:3], undo) for said, undo in offers] == [
        (case.external_id, path(case, "undo")) for case in cases
    ]


def test_after_the_window_undo_is_refused(rita, clock):
    case = an_approved_case(rita.user)
    clock.advance(minutes=11)

    answer = by_htmx(rita, path(case, "undo"))

    case.refresh_from_db()
    assert (answer.status_code, case.status) == (409, "approved")
    assert "too late to undo" in text(answer)


@pytest.mark.parametrize("verb", ["reject", "send-back"])
def test_what_was_closed_without_a_decision_is_taken_back(rita, verb):
    case = a_case(external_id="C-1")

    told = by_htmx(rita, path(case, verb), reasoning="Not ours.")
    assert path(case, "undo") in text(told)
    answer = by_htmx(rita, path(case, "undo"))

    case.refresh_from_db()
    assert (answer.status_code, case.status) == (200, "awaiting_review")
    assert "Undone: C-1" in text(answer)
    assert "Took it back" in text(rita.get(path(case)))
    assert AuditEvent.objects.about(case).filter(action="case.reopened").count() == 1


def test_a_rejection_taken_back_leaves_the_first_opinion_standing(rita, bob):
    case = a_case(external_id="C-1")
    by_htmx(rita, path(case, "approve"), confidence="0.3")
    by_htmx(bob, path(case, "reject"))

    by_htmx(bob, path(case, "undo"))

    case.refresh_from_db()
    assert case.status == "needs_review"
    assert "A second person decides" in text(bob.get(path(case)))


def test_an_opinion_that_a_correction_took_away_does_not_come_back(rita, bob):
    case = a_case(external_id="C-1")
    by_htmx(rita, path(case, "approve"), confidence="0.3")
    case.refresh_from_db()
    facts = case.facts
    other = parse_case(case_body(external_id="C-1", facts=facts, title="Other"))
    correct_case(case, other, by=None)
    by_htmx(bob, path(case, "reject"))

    by_htmx(bob, path(case, "undo"))

    case.refresh_from_db()
    assert case.status == "awaiting_review"


def test_what_was_sent_back_and_then_rejected_waits_for_its_correction_again(rita):
    case = a_case()
    by_htmx(rita, path(case, "send-back"))
    by_htmx(rita, path(case, "reject"))

    by_htmx(rita, path(case, "undo"))

    case.refresh_from_db()
    assert case.status == "changes_requested"


def test_a_rejection_stands_after_the_window(rita, clock):
    case = a_case()
    reject_case(case, by=rita.user)
    clock.advance(minutes=11)

    answer = by_htmx(rita, path(case, "undo"))

    case.refresh_from_db()
    assert (answer.status_code, case.status) == (409, "rejected")
    assert "too late to undo" in text(answer)
    assert "/undo/" not in text(rita.get(path(case)))


def test_what_was_sent_back_and_corrected_is_not_taken_back(rita):
    case = a_case(external_id="C-1")
    request_changes(case, by=rita.user)
    correct_case(case, parse_case(case_body(external_id="C-1", title="Other")), by=None)

    answer = by_htmx(rita, path(case, "undo"))

    assert answer.status_code == 409
    assert not case.reviews.filter(action="reopen").exists()


def test_what_waits_for_a_second_reviewer_offers_no_undo(rita):
    case = a_case()

    answer = by_htmx(rita, path(case, "approve"), confidence="0.3")

    assert "/undo/" not in text(answer)

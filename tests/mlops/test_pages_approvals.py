"""A reviewer at work: agree, correct, send back, reject, withdraw; what is refused."""

import pytest

from tests.apis import a_case, an_approved_case, case_body, person
from tests.mlops.people import browser, by_htmx, text
from training.models import Case, Review
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.cases.intake import correct_case, parse_case

pytestmark = pytest.mark.django_db

SURE, GUESSING = "0.95", "0.3"


@pytest.fixture
def rita():
    return browser("Reviewer", "rita")


def path(case, verb=""):
    return f"/mlops/approvals/{case.pk}/" + (f"{verb}/" if verb else "")


def approve(client, case, **form):
    return client.post(path(case, "approve"), {"confidence": SURE, **form})


def test_agreeing_takes_the_recommendation_and_comes_back_to_the_case(rita):
    case = a_case()

    answer = approve(rita, case)

    case.refresh_from_db()
    review = case.reviews.get()
    assert (answer.status_code, answer.url) == (302, path(case))
    assert (case.status, case.decision) == ("approved", "approve")
    assert (review.source, review.rationale) == ("page", "Income covers it.")


def test_a_decision_never_lands_on_facts_the_reviewer_has_not_seen(rita):
    case = a_case(external_id="C-7")
    page = text(rita.get(path(case)))
    seen = page.split('name="seen" value="')[1].split('"')[0]
    changed = case_body("C-7", facts=[{"name": "income", "value": 1}])
    correct_case(case, parse_case(changed), by=person("Operator"))

    stale = by_htmx(rita, path(case, "approve"), seen=seen)
    fresh = by_htmx(rita, path(case, "approve"), seen=case.content_sha256)

    assert (stale.status_code, fresh.status_code) == (409, 200)
    assert Review.objects.count() == 1


def test_the_page_asks_to_agree_with_a_decision_not_to_approve_it(rita):
    case = a_case(recommendation={"decision": "deny"})

    page = text(rita.get(path(case)))

    assert "Agree: deny" in page
    assert "Approve" not in page.split('id="page"')[1]


def test_correcting_records_the_reviewers_decision_and_why(rita):
    case = a_case()

    approve(rita, case, decision="deny", rationale="Too much debt.")

    case.refresh_from_db()
    review = case.reviews.get()
    assert case.decision == "deny"
    assert (review.decision, review.rationale) == ("deny", "Too much debt.")


def test_a_decision_nobody_has_made_before_can_be_typed(rita):
    case = a_case()

    approve(rita, case, other="보류")

    case.refresh_from_db()
    assert case.decision == "보류"


def test_htmx_gets_the_decided_case_with_a_message(rita):
    case = a_case(external_id="C-42")

    answer = by_htmx(rita, path(case, "approve"), decision="deny", confidence=SURE)

    assert answer.status_code == 200
    assert "<html" not in text(answer)
    assert "C-42: deny." in text(answer)
    assert "What becomes of it" in text(answer)
    assert "Why Auto did not train" in text(answer)


def test_a_second_approval_is_refused_in_place_and_changes_nothing(rita):
    case = an_approved_case(rita.user)

    answer = by_htmx(rita, path(case, "approve"), decision="deny", confidence=SURE)

    case.refresh_from_db()
    assert answer.status_code == 409
    assert "already approved" in text(answer)
    assert (case.decision, Review.objects.count()) == ("approve", 1)


def test_without_javascript_a_refusal_is_told_on_the_whole_page(rita):
    case = an_approved_case(rita.user)

    answer = rita.post(path(case, "approve"), {"decision": "deny"})

    assert answer.status_code == 409
    assert "<html" in text(answer)
    assert "already approved" in text(answer)


def test_agreeing_where_nothing_is_recommended_is_refused(rita):
    case = a_case(recommendation=None)

    answer = by_htmx(rita, path(case, "approve"), confidence=SURE)

    assert answer.status_code == 409
    assert Review.objects.count() == 0


def test_a_confidence_that_is_no_choice_is_refused(rita):
    case = a_case()

    answer = by_htmx(rita, path(case, "approve"), confidence="7")

    assert answer.status_code == 409
    assert Review.objects.count() == 0


def test_an_unsure_decision_waits_for_another_person(rita):
    case = a_case()

    approve(rita, case, decision="approve", confidence=GUESSING)
    mine = text(rita.get(path(case)))
    theirs = text(browser("Reviewer").get(path(case)))

    case.refresh_from_db()
    assert case.status == "needs_review"
    assert "You decided first" in mine
    assert "Agree:" not in mine
    assert "rita decided" in theirs
    assert "Agree: approve" in theirs


def test_the_first_reviewer_is_not_led_to_the_case_they_were_unsure_of(rita):
    unsure, other = a_case(), a_case()
    approve_case(unsure, ReviewInput(confidence=0.1), by=rita.user)

    page = rita.get("/mlops/approvals/")

    assert page.context["first"] == other
    assert browser("Reviewer").get("/mlops/approvals/").context["first"] == unsure


def test_the_second_reviewer_resolves_it(rita):
    case = a_case()
    approve(rita, case, decision="approve", confidence=GUESSING)

    approve(browser("Reviewer"), case, decision="deny")

    case.refresh_from_db()
    assert (case.status, case.decision) == ("approved", "deny")


@pytest.mark.parametrize(
    ("verb", "status"), [("reject", "rejected"), ("send-back", "changes_requested")]
)
def test_a_case_is_closed_without_a_decision(rita, verb, status):
    case = a_case()

    answer = rita.post(path(case, verb), {"reasoning": "The payslip is missing."})

    case.refresh_from_db()
    assert answer.status_code == 302
    assert case.status == status
    assert case.reviews.get().reasoning == "The payslip is missing."


@pytest.mark.parametrize("verb", ["reject", "send-back"])
def test_a_decided_case_is_not_closed(rita, verb):
    case = an_approved_case(rita.user)

    answer = by_htmx(rita, path(case, verb))

    case.refresh_from_db()
    assert (answer.status_code, case.status) == (409, "approved")


def test_an_approval_is_withdrawn_and_the_case_waits_again(rita):
    case = an_approved_case(rita.user)

    rita.post(path(case, "withdraw"), {"reasoning": "Wrong applicant."})

    case.refresh_from_db()
    assert case.status == "awaiting_review"
    assert by_htmx(rita, path(case, "withdraw")).status_code == 409


def test_what_really_happened_is_kept_with_the_case(rita):
    case = an_approved_case(rita.user)

    rita.post(path(case, "outcome"), {"outcome": "repaid", "at": "2026-01-31"})

    assert case.outcomes.get().outcome == "repaid"
    assert "repaid" in text(rita.get(path(case)))


def test_an_outcome_without_words_is_refused(rita):
    case = an_approved_case(rita.user)

    answer = by_htmx(rita, path(case, "outcome"), outcome=" ")

    assert answer.status_code == 409
    assert case.outcomes.count() == 0


@pytest.mark.parametrize("role", ["Viewer", "Operator", "Integration"])
@pytest.mark.parametrize("verb", ["approve", "reject", "send-back", "withdraw"])
def test_only_reviewers_decide(role, verb):
    case = a_case()

    answer = browser(role).post(path(case, verb), {"decision": "approve"})

    assert answer.status_code == 403
    assert Case.objects.get().status == "awaiting_review"


def test_who_may_not_decide_sees_no_button():
    case = a_case()

    assert "Agree:" not in text(browser("Viewer").get(path(case)))


def test_protected_attributes_are_never_shown(rita):
    case = a_case(protected={"afam": "tabu-value"})

    page = text(rita.get(path(case)))

    assert "tabu-value" not in page
    assert "1 protected attribute is kept apart" in page


def test_the_lists_hold_what_their_counters_say(rita):
    approve_case(a_case(), ReviewInput(confidence=0.9), by=rita.user)
    approve_case(a_case(), ReviewInput(confidence=0.1), by=rita.user)
    a_case()

    page = rita.get("/mlops/approvals/")

    for tab in page.context["tabs"]:
        shown = rita.get("/mlops/approvals/", {"status": tab.key})
        assert shown.context["page_obj"].paginator.count == tab.count


def test_searching_finds_a_case_by_its_number(rita):
    a_case(external_id="BOS-7")
    a_case(external_id="BOS-8")

    page = rita.get("/mlops/approvals/", {"q": "bos-7"})

    assert [case.external_id for case in page.context["page_obj"]] == ["BOS-7"]


def test_text_from_outside_is_shown_as_text(rita):
    case = a_case(title="<script>alert(1)</script>", by=person("Operator"))

    assert "<script>alert" not in text(rita.get(path(case)))

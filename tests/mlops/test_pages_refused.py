"""What a reviewer typed stays where it is refused; why a second person decides."""

import re

import pytest
from django.utils import timezone

from tests.apis import a_case, a_sealed_version, an_approved_case, case_body, person
from tests.mlops.people import browser, text
from training.models import AutoDecision, Review, Sample
from training.services.cases.approvals import (
    ReviewInput,
    approve_case,
    withdraw_approval,
)
from training.services.cases.intake import correct_case, parse_case

pytestmark = pytest.mark.django_db

FACTS = [{"name": "income", "value": 1234567.89}]


@pytest.fixture
def rita():
    return browser("Reviewer", "rita")


def path(case, verb=""):
    return f"/mlops/approvals/{case.pk}/" + (f"{verb}/" if verb else "")


def plain(page, begin, end="</section>"):
    part = page[page.index(begin) :].partition(end)[0]
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", part))


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "part"])
@pytest.mark.parametrize("verb", ["approve", "reject", "send-back"])
def test_what_was_typed_stays_when_the_case_was_corrected_meanwhile(
    rita, verb, headers
):
    case = a_case(external_id="C-7")
    typed = {
        "seen": case.content_sha256,
        "confidence": "0.6",
        "rationale": "Debt < income.",
        "other": "보류",
        "reasoning": "A payslip is missing.",
    }
    changed = case_body("C-7", facts=FACTS)
    correct_case(case, parse_case(changed), by=person("Operator"))

    answer = rita.post(path(case, verb), typed, headers=headers)
    shown = text(answer)

    assert (answer.status_code, Review.objects.count()) == (409, 0)
    assert ("<html" in shown) is not bool(headers)
    assert 'role="alert"' in shown
    assert ">Debt &lt; income.</textarea>" in shown
    assert ">A payslip is missing.</textarea>" in shown
    assert 'value="보류"' in shown
    assert '<option value="0.6" selected>' in shown
    case.refresh_from_db()
    assert f'name="seen" value="{case.content_sha256}"' in shown
    assert "1,234,567.89" in shown


def test_a_form_that_cannot_be_read_is_redrawn_for_the_case_as_it_is_now(rita):
    case = a_case(external_id="C-7")
    typed = {"seen": case.content_sha256, "confidence": "7", "rationale": "So."}
    changed = case_body("C-7", facts=FACTS)
    correct_case(case, parse_case(changed), by=person("Operator"))

    answer = rita.post(path(case, "approve"), typed)

    case.refresh_from_db()
    assert answer.status_code == 409
    assert f'name="seen" value="{case.content_sha256}"' in text(answer)
    assert f'value="{typed["seen"]}"' not in text(answer)
    assert ">So.</textarea>" in text(answer)


def test_doubt_is_told_with_the_name_people_know(rita):
    rita.user.first_name, rita.user.last_name = "Rita", "Moon"
    rita.user.save()
    case = a_case(facts=FACTS)
    approve_case(case, ReviewInput("deny", confidence=0.1), by=rita.user)

    shown = text(browser("Reviewer").get(path(case)))

    assert "Rita Moon decided “deny” but was not sure." in shown
    assert "Equal facts" not in plain(shown, "decide-title")


def test_a_contradiction_is_told_with_the_other_case_and_not_as_doubt(rita):
    other = an_approved_case(rita.user, decision="approve", facts=FACTS)
    case = a_case(facts=FACTS)
    approve_case(case, ReviewInput("deny", confidence=0.9), by=rita.user)
    second = browser("Reviewer")

    shown = text(second.get(path(case)))
    withdraw_approval(other, by=rita.user)
    later = text(second.get(path(case)))

    note = plain(shown, "decided “deny”")
    assert "not sure" not in note
    assert "Equal facts were decided otherwise before:" in note
    assert f'<a href="{path(other)}">{other}</a> “approve”' in shown
    assert f'<a href="{path(other)}">' not in later
    assert "that approval is withdrawn by now." in later


def fate(reader, case):
    return plain(text(reader.get(path(case))), "What becomes of it")


def test_the_next_dataset_is_promised_only_while_it_is_open(rita):
    version = a_sealed_version(rita.user)
    sealed = Sample.objects.filter(held_out=False, in_from=version).first().case
    fresh = next(
        case
        for case in (an_approved_case(rita.user) for _one in range(30))
        if not case.samples.get().held_out
    )

    shown = text(rita.get(path(sealed)))

    link = f'<a href="/mlops/training/datasets/{version.pk}/">{version}</a>'
    assert f"{link} contains it." in shown
    assert "The next dataset contains it" not in shown
    assert "The next dataset contains it" in fate(rita, fresh)


def test_what_was_withdrawn_is_no_candidate_any_more(rita):
    case = an_approved_case(rita.user)
    before = fate(rita, case)

    withdraw_approval(case, by=rita.user)
    after = fate(rita, case)

    assert "Candidate for training" in before
    assert "Why Auto did not train" in before
    assert "Withdrawn" in after
    assert "Candidate for training" not in after
    assert "Why Auto did not train" not in after


def test_of_what_is_no_candidate_nothing_is_said_about_auto(rita):
    case = a_case()
    approve_case(case, ReviewInput("deny", confidence=0.1), by=rita.user)
    AutoDecision.objects.create(case=case, submitted=False, rules=[])

    assert "Auto" not in fate(rita, case)


def test_a_moment_that_has_passed_is_not_told_as_possible(rita, clock):
    case = an_approved_case(rita.user)
    soon = timezone.now().isoformat()
    rule = {"rule": "cooldown", "value": 1, "limit": 60, "ok": False}
    AutoDecision.objects.create(
        case=case, submitted=False, rules=[{**rule, "next_possible": soon}]
    )

    clock.advance(minutes=-5)
    young = fate(rita, case)
    clock.advance(minutes=6)
    old = fate(rita, case)

    assert "possible" in young
    assert "possible" not in old
    assert "Too soon after the last training" in old

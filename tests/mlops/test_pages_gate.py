"""The gate's checks on the page of a case: plain words, and what to do."""

import re

import pytest

from mlops.pages.approvals.gate_checks import ADVICE, CHECKS, KINDS, check_lines
from tests.apis import a_case, an_approved_case
from tests.mlops.people import browser, text
from training.gate import GateInput, GateLimits, judge_sample
from training.services.cases.approvals import ReviewInput, approve_case

pytestmark = pytest.mark.django_db


def learnt(reader, case):
    """The words of the card, without tags."""
    page = text(reader.get(f"/mlops/approvals/{case.pk}/"))
    card = page[page.index("What becomes of it") :].partition("</section>")[0]
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", card))


def test_every_check_has_words_and_says_what_to_do():
    sample = GateInput(decision="no", input="", output="no", source="page")
    names = {check.check for check in judge_sample(sample, GateLimits())[1]}
    assert names == CHECKS.keys() == ADVICE.keys()


def test_a_contradiction_is_told_with_its_figures_and_what_to_do():
    reader = browser("Reviewer")
    facts = [{"name": "income", "value": 700}]
    an_approved_case(reader.user, decision="approve", facts=facts)
    case = a_case(facts=facts)
    approve_case(case, ReviewInput("deny", confidence=0.9), by=reader.user)
    card = learnt(reader, case)
    assert "Other decisions on the same facts" in card
    assert "another person should look at both cases" in card
    assert "1, at most 0" in card
    assert "90.0 %, at least 70.0 %" in card


def test_what_does_not_apply_says_so_and_nothing_is_shown_as_code():
    reader = browser("Reviewer")
    case = a_case()
    approve_case(case, ReviewInput("deny"), by=reader.user)
    card = learnt(reader, case)
    for name in ("confidence", "evidence_count", "numbers_found"):
        assert f"{CHECKS[name]} not applicable here" in card.replace("&#x27;", "'")
    assert "Equal samples that are there already 0" in card
    for code in ("None", "null", "[", "{", "_"):
        assert code not in card


def test_what_is_forbidden_is_named_and_never_repeated():
    reader = browser("Reviewer")
    case = a_case()
    secret = "hunter22"
    approve_case(case, ReviewInput("deny", f"password={secret}"), by=reader.user)
    card = learnt(reader, case)
    assert "No secrets or personal numbers" in card
    assert f"{KINDS['password']}" in card
    assert "change a secret that was shown" in card
    assert secret not in card


def test_a_check_that_is_not_known_here_is_shown_all_the_same():
    row = {"check": "some_new_one", "value": 3, "limit": 2, "ok": False}
    (line,) = check_lines([row])
    assert (line.label, line.figures) == ("Some new one", "3, at most 2")

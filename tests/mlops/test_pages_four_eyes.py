"""Who can, by name, before anybody presses."""

import pytest

from tests.apis import a_case, person
from tests.mlops.people import browser, text
from training.models import Case
from training.services.approvals import Verdict, approve_case
from training.services.policies import change_policy

pytestmark = pytest.mark.django_db


def path(case):
    return f"/mlops/approvals/{case.pk}/"


def names(page, label):
    """What stands beside each label of that name."""
    parts = page.split(f"<dt>{label}</dt><dd>")[1:]
    return [part.split("</dd>")[0] for part in parts]


def test_the_case_says_who_can_approve_it_and_why_others_cannot():
    ada, rita = person("Admin", "ada"), browser("Reviewer", "rita")
    person("Viewer", "vera")
    change_policy(by=None, bars_own_cases=True)
    case = a_case(by=ada)
    approve_case(case, Verdict("deny", confidence=0.1), by=rita.user)

    page = text(rita.get(path(case)))

    assert names(page, "Can approve it") == [
        '<strong class="bad">Nobody. Give somebody else the right, or change the rule.'
        "</strong>"
    ]
    assert [each.split()[0] for each in names(page, "Cannot")] == ["ada", "rita"]
    assert "brought it in or corrected it" in names(page, "Cannot")[0]
    assert "gave the first opinion" in names(page, "Cannot")[1]

    person("Reviewer", "bob")
    assert names(text(rita.get(path(case))), "Can approve it") == ["bob"]


def test_an_ordinary_case_names_nobody():
    rita = browser("Reviewer", "rita")
    assert "Can approve it" not in text(rita.get(path(a_case())))


def test_ones_own_case_can_be_sent_back_and_not_approved():
    ada = browser("Admin", "ada")
    change_policy(by=None, bars_own_cases=True)
    case = a_case(by=ada.user)

    page = text(ada.get(path(case)))

    assert "Agree:" not in page
    assert "somebody else has to approve it" in page
    assert ada.post(path(case) + "approve/", {"confidence": "0.95"}).status_code == 409
    ada.post(path(case) + "send-back/", {"reasoning": "Which income?"})
    assert Case.objects.get().status == "changes_requested"


def test_agreeing_with_many_says_which_are_not_for_this_person():
    ada = browser("Admin", "ada")
    change_policy(by=None, bars_own_cases=True)
    a_case(by=ada.user)
    a_case()

    page = text(ada.get("/mlops/approvals/bulk/?all=1"))

    assert "1 more is not for you" in page
    assert "Agree with 1 recommendation" in page

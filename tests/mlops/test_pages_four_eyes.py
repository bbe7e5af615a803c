"""Who can, by name, before anybody presses."""

import pytest
from django.contrib.auth.models import User

from mlops.models import BreakGlass
from mlops.services import serving
from tests.apis import a_case, a_model_version, a_sealed_version, person
from tests.mlops.people import browser, signed_in, text
from training.models import Case, PipelineJob
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


@pytest.fixture
def versions(two_model_directories):
    """The first one serves; ada started the second one's training."""
    rita = person("Reviewer", "rita")
    first = a_model_version(a_sealed_version(rita), two_model_directories[0])
    serving.select_version(first, by=None)
    second = a_model_version(first.run.dataset_version, two_model_directories[1])
    ada = person("Admin", "ada")
    PipelineJob.objects.filter(run=second.run).update(created_by=ada)
    return first, second


def test_the_version_says_who_selects_it_and_who_confirms(versions):
    _first, second = versions
    change_policy(by=None, conflict_share=0.5)
    theo, ada = browser("Operator", "theo"), signed_in(User.objects.get(username="ada"))
    path = f"/mlops/models/{second.pk}/"

    page = text(theo.get(path))
    assert names(page, "Can select it alone") == ["theo"]
    assert "started its training" in names(page, "Cannot")[0]
    assert "Ask a second person" not in page

    mine = text(ada.get(path))
    assert "You started its training, so you do not select it alone" in mine
    ada.post(path + "ask/", {"reason": "Better."})
    asked = text(theo.get(path))
    assert names(asked, "Can confirm what ada asks") == ["theo"]
    assert "ada asks to let" in text(theo.get("/mlops/models/"))

    number = BreakGlass.objects.get().pk
    confirm = f"/mlops/models/switches/{number}/confirm/"
    assert ada.post(confirm).status_code == 302
    assert serving.current_period().model_version != second
    theo.post(confirm, {"reason": "Seen."})
    assert serving.current_period().model_version == second


def test_two_people_select_says_the_page(versions):
    _first, second = versions
    change_policy(by=None, two_people_select=True)
    theo = browser("Operator", "theo")

    page = text(theo.get(f"/mlops/models/{second.pk}/"))
    listed = text(theo.get("/mlops/models/"))

    assert "Two people select a version here" in page
    assert names(page, "Can ask for it") == ["ada, theo"]
    assert "Who can select it" in listed
    assert "/select/" not in listed


def test_without_a_rule_the_version_names_nobody(versions):
    page = text(browser("Operator").get(f"/mlops/models/{versions[1].pk}/"))
    assert "Can select" not in page

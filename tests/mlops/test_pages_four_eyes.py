"""Who can, by name, before anybody presses."""

import pytest
from django.contrib.auth.models import Group, User

from mlops.models import BreakGlass
from mlops.serving import selection
from tests.apis import a_case, a_model_version, a_sealed_version, person
from tests.mlops.people import browser, by_htmx, signed_in, text
from training.models import Case, Loosening, PipelineJob
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.people.user_accounts import add_person
from training.services.policy.policies import change_policy, policy

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
    approve_case(case, ReviewInput("deny", confidence=0.1), by=rita.user)

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
    selection.select_version(first, by=None)
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
    assert selection.current_period().model_version != second
    theo.post(confirm, {"reason": "Seen."})
    assert selection.current_period().model_version == second


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


RULES = "/settings/rules/four-eyes/"
STRICT = {"two_people_select": "on", "bars_own_cases": "on", "conflict_share": "50"}


def save(client, **typed):
    return client.post(RULES + "save/", typed)


def strict():
    change_policy(
        by=None, two_people_select=True, bars_own_cases=True, conflict_share=0.5
    )


def loosen(client, why="The quarter is over.", **but):
    """As the form sends it: a box that is not ticked is not sent."""
    typed = {name: value for name, value in {**STRICT, **but}.items() if value}
    return save(client, why=why, **typed)


def test_one_administrator_alone_tightens_and_does_not_loosen():
    ada, bob = browser("Admin", "ada"), browser("Admin", "bob")
    assert "Why, if you loosen" not in text(ada.get(RULES))
    save(ada, **STRICT)
    held = policy()
    assert (held.two_people_select, held.conflict_share) == (True, 0.5)

    assert names(text(ada.get(RULES)), "Could confirm what you ask") == ["bob"]
    loosen(ada, two_people_select="")
    asked = Loosening.objects.get()
    page = text(ada.get(RULES))
    assert policy().two_people_select
    assert "ada asks to loosen a rule" in page
    assert "Two people select a version: on → off." in page
    assert names(page, "Can confirm it") == ["bob"]
    path = f"/settings/rules/loosenings/{asked.pk}/"
    assert path + "confirm/" not in page
    assert by_htmx(ada, path + "confirm/").status_code == 409
    assert "1 request to loosen a rule waits" in text(bob.get("/settings/rules/"))
    assert "1 request to loosen a four-eyes rule waits" in text(bob.get("/mlops/"))

    assert path + "confirm/" in text(bob.get(RULES))
    bob.post(path + "confirm/", {"reason": "Seen."})
    assert not policy().two_people_select
    page = text(bob.get(RULES))
    assert "asks to loosen" not in page
    assert "Loosening of a four-eyes rule confirmed" in page


def test_who_asked_takes_it_back_and_another_declines():
    ada, bob = browser("Admin", "ada"), browser("Admin", "bob")
    strict()
    for client, says in ((ada, "Take it back"), (bob, "Decline")):
        loosen(ada, conflict_share="70")
        asked = Loosening.objects.latest("pk")
        page = text(client.get(RULES))
        assert ": 50 % → 70 %." in page
        assert f">{says} <" in page
        client.post(f"/settings/rules/loosenings/{asked.pk}/decline/")
        asked.refresh_from_db()
        assert (asked.status, asked.decided_by) == ("declined", client.user)
    assert policy().conflict_share == 0.5


def test_a_wish_without_a_reason_is_not_taken_and_what_was_typed_stays():
    ada = browser("Admin", "ada")
    person("Admin", "bob")
    strict()
    refused = loosen(ada, why=" ", conflict_share="70")
    assert refused.status_code == 409
    assert "Say why the rule should be loosened." in text(refused)
    assert 'value="70"' in text(refused)
    assert not Loosening.objects.exists()


def test_what_is_stricter_holds_at_once_beside_what_is_asked_for():
    ada = browser("Admin", "ada")
    person("Admin", "bob")
    strict()
    answer = loosen(ada, conflict_share="30", bars_own_cases="")
    page = text(ada.get(answer.url))
    assert "Saved. What loosens a rule waits until another person confirms it." in page
    assert (policy().conflict_share, policy().bars_own_cases) == (0.3, True)


def test_where_nobody_could_confirm_the_page_says_so_and_offers_nothing():
    ada = browser("Admin", "ada")
    person("Operator", "olga")
    strict()
    page = text(ada.get(RULES))
    assert "Only you may change these rules." in page
    assert "Why, if you loosen" not in page
    refused = loosen(ada, two_people_select="")
    assert refused.status_code == 409
    assert "Nobody else could confirm it" in text(refused)
    assert not Loosening.objects.exists()


def test_whose_password_one_made_is_no_other_person_and_the_page_says_so():
    ada = browser("Admin", "ada")
    admins = Group.objects.filter(name="Admin")
    add_person("mallory", by=ada.user, roles=admins)
    strict()
    page = text(ada.get(RULES))
    assert "Nobody else can confirm now." in page
    assert "Why, if you loosen" not in page
    assert "mallory" in names(page, "Cannot")[0]
    assert "password made by or for who asks" in names(page, "Cannot")[0]

    person("Admin", "bob")
    loosen(ada, two_people_select="")
    page = text(ada.get(RULES))
    assert names(page, "Can confirm it") == ["bob"]
    assert names(page, "Could confirm what you ask") == ["bob"]
    mallory = signed_in(User.objects.get(username="mallory"))
    path = f"/settings/rules/loosenings/{Loosening.objects.get().pk}/confirm/"
    assert by_htmx(mallory, path).status_code == 409
    assert policy().two_people_select


def test_who_only_reads_the_rules_sees_what_waits_and_decides_nothing():
    ada, vera = browser("Admin", "ada"), browser("Viewer", "vera")
    person("Admin", "bob")
    strict()
    loosen(ada, two_people_select="")
    path = f"/settings/rules/loosenings/{Loosening.objects.get().pk}/"
    page = text(vera.get(RULES))
    assert "ada asks to loosen" in page
    assert path not in page
    for verb in ("confirm/", "decline/"):
        assert vera.post(path + verb).status_code == 403
    assert policy().two_people_select


def test_confirming_asks_for_the_password_again(settings):
    ada, bob = browser("Admin", "ada"), browser("Admin", "bob")
    strict()
    loosen(ada, two_people_select="")
    settings.PASSWORD_AGAIN_MINUTES = -1
    path = f"/settings/rules/loosenings/{Loosening.objects.get().pk}/confirm/"
    assert "Your password again" in text(bob.post(path))
    assert policy().two_people_select


def test_the_admin_changes_no_rule(client):
    root = User.objects.create_superuser("root")
    client.force_login(root)
    strict()
    for path in ("trainingpolicy/1/change/", "trainingpolicy/1/delete/"):
        assert client.post(f"/admin/training/{path}", {"post": "yes"}).status_code in (
            403,
            405,
        )
    assert client.post("/admin/training/loosening/add/", {}).status_code == 403
    assert policy().two_people_select

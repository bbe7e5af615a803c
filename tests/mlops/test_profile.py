"""The profile; language and time zone in their order; a sign-in that has ended."""

from datetime import UTC, datetime, time

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from mlops.models import Preferences
from mlops.pages.shared.preferences import choose
from tests.apis import a_case, person
from tests.mlops.people import browser, by_htmx, text
from training.errors import InvalidInput
from training.models import AuditEvent, Case
from training.services.people.tokens import create_token
from training.services.policy.auto_rules import company_day
from training.services.policy.policies import change_policy

pytestmark = pytest.mark.django_db

PROFILE, SAVE, PASSWORD = "/profile/", "/profile/save/", "/profile/password/"
KOREAN = {"Accept-Language": "ko"}
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/mlops/jobs/?page=2"}


@pytest.fixture
def rita():
    return browser("Reviewer", "rita")


def spoken(client, **headers):
    return client.get("/mlops/", headers=headers)["Content-Language"]


@pytest.mark.parametrize("role", ["Viewer", "Integration", "Admin", ""])
def test_everybody_has_a_profile_whatever_the_role(role):
    page = browser(role).get(PROFILE)

    assert page.status_code == 200
    assert ("Your API tokens" in text(page)) == bool(role)


def test_the_name_in_the_side_bar_leads_to_the_profile(rita):
    assert '<a href="/profile/">' in text(rita.get("/mlops/"))


def test_a_profile_is_saved_and_audited_as_ones_own_deed(rita):
    wish = {"name": "Rita Moon", "language": "ko", "time_zone": "Asia/Seoul"}

    answer = rita.post(SAVE, wish)

    kept = Preferences.objects.get(user=rita.user)
    events = AuditEvent.objects.filter(action__startswith="person.").order_by("pk")
    assert answer.status_code == 302
    assert (kept.language, kept.time_zone) == ("ko", "Asia/Seoul")
    assert User.objects.get(pk=rita.user.pk).get_full_name() == "Rita Moon"
    assert [e.action for e in events] == [
        "person.renamed",
        "person.preferences_changed",
    ]
    assert {e.actor for e in events} == {rita.user}
    assert "저장" in text(rita.get(PROFILE))  # already in the language just chosen


def test_saving_what_is_shown_changes_nothing(rita):
    page = rita.get(PROFILE)
    shown = {field.name: field.value() or "" for field in page.context["profile_form"]}

    rita.post(SAVE, shown)

    assert not AuditEvent.objects.exists()
    assert not Preferences.objects.exists()


WRONG = [("language", "xx"), ("time_zone", "Mars/Olympus"), ("name", "x" * 151)]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_what_cannot_be_chosen_is_refused_beside_its_field(rita, field, value):
    wish = {"name": "Rita", "language": "ko", "time_zone": "Asia/Seoul", field: value}

    answer = rita.post(SAVE, wish)

    assert answer.status_code == 409
    assert answer.context["profile_form"].errors.keys() == {field}
    assert not Preferences.objects.exists()
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("wish", [{"language": "xx"}, {"time_zone": "Mars/Olympus"}])
def test_the_service_refuses_it_too(rita, wish):
    with pytest.raises(InvalidInput):
        choose(rita.user, **wish)


# --- the order: the person's choice, the cookie, the browser --------------------------


def test_the_language_is_the_persons_then_the_cookies_then_the_browsers(rita):
    assert spoken(rita, **KOREAN) == "ko"

    rita.cookies["django_language"] = "en"
    assert spoken(rita, **KOREAN) == "en"

    choose(rita.user, language="ko")
    assert spoken(rita, **{"Accept-Language": "en"}) == "ko"

    choose(rita.user, language="")
    assert spoken(rita, **KOREAN) == "en"


def test_one_persons_language_is_not_the_next_ones(rita):
    choose(rita.user, language="ko")
    assert spoken(rita) == "ko"

    assert spoken(browser("Viewer")) == "en"


def test_the_switch_in_the_side_bar_is_kept_with_the_person(rita):
    rita.post("/language/", {"language": "ko", "next": "/mlops/"})

    other_browser = Client()
    other_browser.force_login(rita.user)
    assert spoken(other_browser) == "ko"
    assert spoken(rita) == "ko"


def test_a_language_that_nobody_speaks_is_kept_nowhere(rita, client):
    rita.post("/language/", {"language": "xx"})
    client.post("/language/", {"language": "ko"})  # of a stranger: in the cookie alone

    assert not Preferences.objects.exists()
    assert client.get("/signin/")["Content-Language"] == "ko"


def test_a_refusal_speaks_the_persons_language_too(rita):
    choose(rita.user, language="ko")

    assert rita.get("/mlops/jobs/999/")["Content-Language"] == "ko"


# --- the clock ------------------------------------------------------------------------


@pytest.fixture
def case_at_nine():
    """Came in at 09:30 of the company's clock, which is UTC."""
    case = a_case(external_id="C-9")
    moment = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    Case.objects.filter(pk=case.pk).update(created_at=moment)
    return case


def test_times_follow_the_persons_clock_and_name_it_on_hover(rita, case_at_nine):
    path = f"/mlops/approvals/{case_at_nine.pk}/"
    assert 'title="2026-01-05 09:30:00 UTC"' in text(rita.get(path))

    choose(rita.user, time_zone="Asia/Seoul")

    assert 'title="2026-01-05 18:30:00 KST"' in text(rita.get(path))


def test_one_persons_clock_is_not_the_next_ones(rita, case_at_nine):
    choose(rita.user, time_zone="Asia/Seoul")
    path = f"/mlops/approvals/{case_at_nine.pk}/"
    rita.get(path)

    assert "09:30:00 UTC" in text(browser("Viewer").get(path))
    assert timezone.get_current_timezone_name() == "UTC"


def test_a_zone_that_is_known_no_longer_is_the_companys(rita, case_at_nine):
    choose(rita.user, language="en")
    Preferences.objects.update(time_zone="Asia/Atlantis")

    assert "09:30:00 UTC" in text(rita.get(f"/mlops/approvals/{case_at_nine.pk}/"))


def test_the_rules_hours_stay_in_the_companys_zone_and_say_so(rita, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    change_policy(by=None, allowed_from=time(9), allowed_until=time(18))
    choose(rita.user, time_zone="Asia/Seoul")

    page = text(rita.get("/settings/rules/when-auto-trains/"))

    assert "<dd>09:00</dd>" in page
    assert "the company's time zone, Europe/Berlin" in page


def test_the_day_of_a_rule_is_the_companys_whoever_looks():
    late = datetime(2026, 1, 5, 20, 0, tzinfo=UTC)

    with timezone.override("Asia/Seoul"):
        assert company_day(late).isoformat() == "2026-01-05"


# --- the password ---------------------------------------------------------------------


@pytest.fixture
def nora():
    """Somebody with a password they know."""
    nora = person("Viewer", "nora")
    nora.set_password("a good old one")
    nora.save()
    client = Client()
    client.login(username="nora", password="a good old one")
    client.user = nora
    return client


def words(old="a good old one", new="another good one", again=None):
    again = new if again is None else again
    return {"old_password": old, "new_password1": new, "new_password2": again}


def test_a_new_password_keeps_this_session_and_ends_all_others(nora):
    elsewhere = Client()
    elsewhere.login(username="nora", password="a good old one")

    answer = nora.post(PASSWORD, words(), follow=True)

    assert "The password is changed." in text(answer)
    assert elsewhere.get("/mlops/").status_code == 302
    assert Client().login(username="nora", password="another good one") is True
    event = AuditEvent.objects.get(action="person.password_changed")
    assert (event.actor, event.detail) == (nora.user, {})


REFUSED = [words(old="wrong"), words(new="12345678"), words(again="something else")]


@pytest.mark.parametrize("typed", REFUSED)
def test_a_password_that_is_wrong_weak_or_mistyped_is_refused(nora, typed):
    answer = nora.post(PASSWORD, typed)

    assert answer.status_code == 409
    assert 'class="error"' in text(answer)
    assert typed["new_password1"] not in text(answer)
    assert Client().login(username="nora", password="a good old one") is True
    assert not AuditEvent.objects.exists()


def test_ones_own_tokens_are_listed_and_nobody_elses(rita):
    create_token(rita.user, by=None, name="Nightly import")
    create_token(person("Operator"), by=None, name="Core banking")

    page = text(rita.get(PROFILE))

    assert "Nightly import" in page
    assert "Core banking" not in page


# --- signing in -----------------------------------------------------------------------


def test_htmx_leaves_the_page_when_the_sign_in_has_ended(rita):
    rita.logout()

    part = rita.get("/mlops/jobs/?page=2", headers=HTMX)
    pressed = by_htmx(rita, "/settings/auto/", auto="on")

    assert part["HX-Redirect"] == "/signin/?next=/mlops/jobs/%3Fpage%3D2"
    assert part.content == b""
    assert pressed["HX-Redirect"].startswith("/signin/")


def test_a_page_that_was_asked_for_comes_after_the_sign_in(nora):
    nora.logout()
    sent = nora.get("/mlops/jobs/?page=2")
    assert sent.url == "/signin/?next=/mlops/jobs/%3Fpage%3D2"

    back = nora.post(sent.url, {"username": "nora", "password": "a good old one"})

    assert back.url == "/mlops/jobs/?page=2"


def test_what_was_pressed_too_late_leads_back_to_its_page_not_to_its_address(nora):
    nora.logout()
    page = {"Referer": "http://testserver/settings/"}

    answer = nora.post("/settings/auto/", {"auto": "on"}, headers=page)
    lured = nora.post("/settings/auto/", headers={"Referer": "http://evil.example/"})

    assert answer.url == "/signin/?next=/settings/"
    assert lured.url == "/signin/?next=/mlops/"


def test_a_wrong_password_is_said_in_a_sentence_and_next_is_kept(client):
    typed = {"username": "nobody", "password": "wrong", "next": "/logs/"}

    shown = text(client.post("/signin/", typed))

    assert "No one can sign in with this name and password." in shown
    assert '<input type="hidden" name="next" value="/logs/">' in shown


def test_too_many_wrong_passwords_are_said_and_next_is_kept(client):
    typed = {"username": "nobody", "password": "wrong", "next": "/logs/"}
    for _try in range(10):
        answer = client.post("/signin/", typed)

    assert answer.status_code == 429
    assert "Too many wrong passwords. Wait ten minutes" in text(answer)
    assert '<input type="hidden" name="next" value="/logs/">' in text(answer)


def test_a_page_that_one_may_not_open_says_who_can_change_that():
    answer = browser("Viewer", "vera").get("/settings/people/new/")

    shown = text(answer)
    assert answer.status_code == 403
    assert "You are signed in as vera." in shown
    assert "Viewer" in shown
    assert "Somebody with the role Admin" in shown


def test_a_form_without_its_seal_is_refused_in_words(rita):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(rita.user)

    answer = strict.post(SAVE, {"name": "Rita"})

    assert answer.status_code == 403
    assert "This form was too old" in text(answer)

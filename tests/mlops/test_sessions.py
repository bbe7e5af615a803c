"""Sessions end in time and when somebody says so; the password once more."""

import re
import time
from pathlib import Path

import pytest
from django.conf import settings as settings_of
from django.test import Client

from preciso import password_again
from preciso.clock import PROCESS_CLOCK
from tests.apis import person
from tests.mlops.people import browser, text
from training.models import AuditEvent, OpenSession
from training.services.people.tokens import create_token, find_token
from training.services.sign_in.sessions import end_sessions, session_keys

pytestmark = pytest.mark.django_db
PAGE, AGAIN = "/profile/sessions/", "/signin/again/"
PASSWORD = "a long one for rita"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def rita():
    rita = person("Reviewer", "rita")
    rita.set_password(PASSWORD)
    rita.save()
    return rita


def came_in(address="10.0.0.1", agent=FIREFOX):
    visitor = Client(REMOTE_ADDR=address, HTTP_USER_AGENT=agent)
    form = {"username": "rita", "password": PASSWORD}
    assert visitor.post("/signin/", form).status_code == 302
    return visitor


def is_in(visitor):
    return visitor.get("/profile/").status_code == 200


def turned_back(visitor, seconds, *names):
    """As if the session had begun, been used or proved so long ago."""
    session = visitor.session
    for name in names:
        session[name] = int(time.time()) - seconds
    session.save()


def test_a_session_is_listed_with_device_place_and_time(rita):
    here, phone = came_in(), came_in("2001:db8::1", SAFARI)

    shown = text(here.get(PAGE))

    for words in ("Firefox on Windows", "Safari on iPhone", "10.0.0.1", "2001:db8::1"):
        assert words in shown
    assert shown.count("this one") == 1
    assert is_in(phone)


def test_one_session_is_ended_and_the_other_goes_on(rita):
    here, phone = came_in(), came_in("10.0.0.2", SAFARI)
    row = OpenSession.objects.get(place="10.0.0.2")

    here.post(f"{PAGE}{row.pk}/end/")

    assert is_in(here)
    assert not is_in(phone)
    assert OpenSession.objects.count() == 1


def test_nobody_ends_somebody_elses_session(rita):
    here = came_in()
    row = OpenSession.objects.get()

    assert browser("Admin").post(f"{PAGE}{row.pk}/end/").status_code == 404
    assert is_in(here)


def test_signing_out_everywhere_ends_this_one_too(rita):
    here, phone = came_in(), came_in("10.0.0.2", SAFARI)

    here.post(f"{PAGE}end/")

    assert not is_in(here)
    assert not is_in(phone)
    assert not OpenSession.objects.exists()
    assert AuditEvent.objects.get(action="person.signed_out").detail == {"sessions": 2}


def test_signing_out_leaves_no_row(rita):
    came_in().post("/signout/")

    assert not OpenSession.objects.exists()


def test_an_idle_session_ends(rita, settings):
    here, idle = came_in(), settings.SESSION_IDLE_MINUTES * 60
    turned_back(here, idle - 30, "seen")
    assert is_in(here)  # and counts as used again
    assert is_in(here)
    turned_back(here, idle + 30, "seen")

    assert not is_in(here)
    assert not OpenSession.objects.exists()


def passed(visitor, minutes):
    """Time goes by for the session: whatever it remembers lies further back."""
    session = visitor.session
    for name in ("since", "seen", "proved"):
        session[name] -= minutes * 60
    session.save()


POLL = {"HX-Request": "true", "Preciso-Poll": "true"}
ASKED = ["/mlops/jobs/", "/mlops/training/last-run/"]


@pytest.mark.parametrize("url", ASKED)
def test_a_page_that_only_asks_by_itself_keeps_no_session_alive(rita, settings, url):
    open_page, steps = came_in(), settings.SESSION_IDLE_MINUTES // 10
    for _ten_minutes in range(steps):
        assert open_page.get(url, headers=POLL).status_code == 200
        passed(open_page, 10)
    passed(open_page, 1)

    answer = open_page.get(url, headers=POLL)

    assert answer["HX-Redirect"].startswith("/signin/")
    assert not is_in(open_page)
    assert not OpenSession.objects.exists()


def test_one_click_between_is_use(rita, settings):
    open_page, steps = came_in(), settings.SESSION_IDLE_MINUTES // 10
    for _ten_minutes in range(steps):
        open_page.get(ASKED[0], headers=POLL)
        passed(open_page, 10)
        open_page.get(ASKED[0], headers={"HX-Request": "true"})
    passed(open_page, 10)

    assert is_in(open_page)


def test_a_page_that_asks_by_itself_is_not_seen_there(rita):
    open_page = came_in()
    first = OpenSession.objects.get().seen_at
    passed(open_page, 10)

    open_page.get(ASKED[0], headers=POLL)

    assert OpenSession.objects.get().seen_at == first


def test_every_part_that_asks_by_itself_is_marked_so():
    """``app.js`` sends the header for what carries the mark."""
    asking = [
        tag
        for template in Path(settings_of.BASE_DIR, "templates").rglob("*.html")
        for tag in re.findall(r"<\w+[^<>]*hx-trigger=[^<>]*>", template.read_text())
        if "every " in tag
    ]

    assert len(asking) >= 4
    assert [tag for tag in asking if "data-poll" not in tag] == []


def test_a_session_ends_however_much_it_is_used(rita, settings):
    here = came_in()
    turned_back(here, settings.SESSION_COOKIE_AGE + 30, "since")

    assert not is_in(here)


def test_an_idle_session_does_nothing_over_the_api_either(rita, settings):
    here = came_in()
    turned_back(here, settings.SESSION_IDLE_MINUTES * 60 + 30, "seen")

    assert here.get("/api/v1/cases").status_code == 401


@pytest.fixture
def wrong_clock(monkeypatch):
    """This process's clock is three hours ahead, and the process knows it."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3 * 3600)
    PROCESS_CLOCK.forget()
    assert PROCESS_CLOCK.is_wrong()
    yield
    PROCESS_CLOCK.forget()


def test_a_wrong_clock_of_a_web_process_ends_no_session(rita, request):
    here = came_in()

    request.getfixturevalue("wrong_clock")

    assert is_in(here)
    assert password_again.is_fresh(here)


def test_a_wrong_clock_of_a_web_process_keeps_no_session_alive(
    rita, settings, wrong_clock
):
    here, now = came_in(), PROCESS_CLOCK.corrected_time()
    session = here.session
    session["seen"] = int(now) - settings.SESSION_IDLE_MINUTES * 60 - 30
    session.save()

    assert not is_in(here)


def test_a_session_that_begins_while_the_others_are_looked_for_ends_too(rita):
    before = came_in()
    keys = session_keys(rita)
    since = came_in("10.0.0.2")

    assert end_sessions(rita, keys) == 2

    assert not is_in(before)
    assert not is_in(since)


def test_that_a_session_is_used_is_written_once_a_minute(rita):
    here = came_in()
    first = OpenSession.objects.get().seen_at

    here.get("/profile/")
    assert OpenSession.objects.get().seen_at == first

    turned_back(here, 120, "seen")
    here.get("/profile/")
    assert OpenSession.objects.get().seen_at > first


# --- a new password -----------------------------------------------------------------


def test_a_new_password_ends_other_sessions_and_tokens_and_says_so_before(rita):
    here, phone = came_in(), came_in("10.0.0.2")
    _token, secret = create_token(rita, by=None)
    said = text(here.get("/profile/"))
    new = "another long one"

    here.post(
        "/profile/password/",
        {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
    )

    assert "your API tokens end" in said
    assert is_in(here)
    assert not is_in(phone)
    assert find_token(secret) is None
    assert OpenSession.objects.count() == 1


def test_a_password_made_anew_ends_tokens(rita):
    _token, secret = create_token(rita, by=None)

    browser("Admin").post(f"/settings/people/{rita.pk}/password/")

    assert find_token(secret) is None

"""Wrong passwords: who is slowed, who is stopped, and that nobody is locked out."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from preciso import client_address as client_of
from tests.apis import ROOT, api, stranger
from tests.mlops.people import signed_in, text
from training.models import FailureCount
from training.services.sign_in import guard

pytestmark = pytest.mark.django_db
RIGHT, WRONG = "right horse battery", "wrong"


@pytest.fixture(autouse=True)
def people():
    for name in ("alice", "bob"):
        User.objects.create_user(name, password=RIGHT)


def sign_in(name, password=WRONG, address="10.0.0.1", **headers):
    visitor = Client(REMOTE_ADDR=address, **headers)
    form = {"username": name, "password": password}
    return visitor.post("/signin/", form)


def tries(number, name, **where):
    return [sign_in(name, **where).status_code for _try in range(number)]


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_a_name_closes_at_an_address_and_nowhere_else(name):
    assert tries(10, name) == [200] * 9 + [429]

    closed = sign_in(name)
    assert closed.status_code == 429
    assert 0 < int(closed["Retry-After"]) <= 601
    assert sign_in("alice", RIGHT, address="10.0.0.2").status_code == 302
    assert sign_in("bob", RIGHT).status_code == 302


def test_a_right_password_opens_again_what_wrong_ones_had_used_up():
    for _round in range(3):
        tries(9, "alice")
        assert sign_in("alice", RIGHT).status_code == 302
    assert not FailureCount.objects.filter(kind=guard.PAIR).exists()


def test_who_is_signed_in_already_gets_no_more_tries():
    visitor = signed_in(User.objects.get(username="bob"))

    form = {"username": "alice", "password": WRONG}
    answers = [visitor.post("/signin/", form).status_code for _try in range(10)]

    assert answers[-1] == 429


def test_one_address_that_tries_many_names_is_stopped():
    most = guard.LIMITS[guard.ADDRESS].free

    answers = [sign_in(f"name{number}").status_code for number in range(most)]

    assert (answers[-2], answers[-1]) == (200, 429)
    assert sign_in("alice", RIGHT).status_code == 429
    assert sign_in("alice", RIGHT, address="10.0.0.2").status_code == 302


def test_many_addresses_that_try_one_name_slow_it_and_lock_nobody_out(clock):
    most = guard.LIMITS[guard.NAME].free
    for number in range(most):
        sign_in("alice", address=f"10.1.{number}.1")

    slowed = sign_in("alice", RIGHT, address="10.0.0.9")
    clock.advance(seconds=16)
    later = sign_in("alice", RIGHT, address="10.0.0.9")

    assert slowed.status_code == 429
    assert 0 < int(slowed["Retry-After"]) <= 16
    assert "seconds, then try again" in text(slowed)
    assert later.status_code == 302


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_a_wrong_clock_of_a_web_process_opens_nothing(name, monkeypatch):
    assert tries(10, name)[-1] == 429
    ahead = timezone.now() + timedelta(hours=1)

    monkeypatch.setattr(timezone, "now", lambda: ahead)

    assert sign_in(name).status_code == 429


def test_unknown_names_cost_no_rows():
    for number in range(40):
        sign_in(f"nobody{number}")

    assert FailureCount.objects.count() == 1  # the address they came from


def test_there_are_never_more_rows_than_said(monkeypatch):
    monkeypatch.setattr(guard, "MOST_ROWS", 20)
    for number in range(30):
        sign_in("alice", address=f"10.1.{number}.1")

    guard.prune()

    kinds = list(FailureCount.objects.values_list("kind", flat=True))
    assert len(kinds) <= 20 + 1
    assert guard.NAME in kinds


def test_what_is_over_is_forgotten(clock):
    sign_in("alice")
    clock.advance(hours=2)

    guard.prune()

    assert not FailureCount.objects.exists()


def test_an_operator_opens_a_sign_in():
    tries(10, "alice")

    call_command("open_sign_in", "alice")

    assert sign_in("alice", RIGHT).status_code == 302


def test_ones_own_password_is_guarded_as_the_sign_in_is():
    alice = signed_in(User.objects.get(username="alice"))
    form = {"old_password": WRONG, "new_password1": "x", "new_password2": "x"}

    answers = [alice.post("/profile/password/", form) for _try in range(11)]

    assert [answer.status_code for answer in answers[-2:]] == [409, 429]
    assert "Retry-After" in answers[-1]
    assert sign_in("alice", RIGHT, address="127.0.0.1").status_code == 429


def test_a_place_that_sends_many_bad_tokens_is_answered_429(settings):
    settings.BAD_TOKENS_PER_MINUTE = 3
    known, caller = api("Viewer"), stranger()
    caller.client.credentials(HTTP_AUTHORIZATION="Bearer pml_guess")

    answers = [caller.client.get(ROOT + "cases") for _try in range(5)]

    assert answers[0].status_code == 401
    assert (answers[-1].status_code, answers[-1].json()["code"]) == (429, "throttled")
    assert "Retry-After" in answers[-1]
    assert known.get("cases").status_code == 200  # who has one goes on


# --- behind proxies -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("trusted", "forwarded", "address"),
    [
        (0, "1.1.1.1", "10.0.0.1"),  # nobody is believed
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),  # what a client made up stands left
        (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (2, "1.1.1.1", "10.0.0.1"),  # it came round one proxy
        (1, "", "10.0.0.1"),
        (1, "nonsense", "10.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "2001:DB8:0::1", "2001:db8::1"),
    ],
)
def test_an_address_is_read_from_the_right(rf, settings, trusted, forwarded, address):
    settings.TRUSTED_PROXIES = trusted
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)

    assert client_of.address(request) == address


def test_an_ipv6_customer_is_one_place():
    one, other = client_of.network("2001:db8::1"), client_of.network("2001:db8::2:1")

    assert one == other == "2001:db8::/64"
    assert client_of.network("::ffff:10.0.0.1") == client_of.network("10.0.0.1")


def test_behind_a_proxy_the_client_is_stopped_not_the_proxy(settings):
    settings.TRUSTED_PROXIES = 1

    assert tries(10, "alice", HTTP_X_FORWARDED_FOR="1.1.1.1")[-1] == 429

    moved = sign_in("alice", RIGHT, HTTP_X_FORWARDED_FOR="2.2.2.2")
    forged = sign_in("alice", RIGHT, HTTP_X_FORWARDED_FOR="9.9.9.9, 1.1.1.1")
    assert moved.status_code == 302
    assert forged.status_code == 429

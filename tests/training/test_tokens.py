"""Tokens go by the database's clock, and those that nobody uses are told apart."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from preciso import limits
from preciso.clock import database_now
from tests.apis import ROOT, person
from training.errors import InvalidInput
from training.models import ApiToken
from training.services.people.tokens import create_token, find_token, revoke_token

pytestmark = pytest.mark.django_db
SOON, DAY = timedelta(seconds=30), timedelta(days=1)


@pytest.fixture(params=[-200, 200], ids=["behind", "ahead"])
def wrong_clock(request, monkeypatch):
    """This process is 200 days away; the database is not."""
    away = timezone.now() + request.param * DAY
    monkeypatch.setattr(timezone, "now", lambda: away)


def asks(secret):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client.get(ROOT + "cases").status_code


def aged(token, **columns):
    now = database_now()
    ApiToken.objects.filter(pk=token.pk).update(
        **{name: now - days * DAY for name, days in columns.items()}
    )


def test_another_clock_of_the_process_stamps_nothing(wrong_clock):
    token, secret = create_token(person("Viewer"), by=None, days=7)
    assert asks(secret) == 200
    revoke_token(token, by=None)

    token.refresh_from_db()
    now = database_now()
    for moment in (token.created_at, token.last_used_at, token.revoked_at):
        assert abs(moment - now) < SOON
    assert abs(token.expires_at - token.created_at - 7 * DAY) < SOON


def test_another_clock_of_the_process_ends_no_token_and_keeps_none(wrong_clock):
    _token, secret = create_token(person("Viewer"), by=None, days=1)
    ended, other = create_token(person("Viewer"), by=None, days=1)
    assert [asks(secret), asks(other)] == [200, 200]
    aged(ended, expires_at=0)

    assert [asks(secret), asks(other)] == [200, 401]
    assert find_token(secret) is not None
    assert find_token(other) is None


def test_a_token_ends_by_time_alone_though_it_was_just_let_in(clock):
    _token, secret = create_token(person("Viewer"), by=None, days=1)
    assert [asks(secret), asks(secret)] == [200, 200]

    clock.advance(hours=25)

    assert asks(secret) == 401


def test_use_is_noted_again_after_a_minute_and_not_before(clock):
    token, secret = create_token(person("Viewer"), by=None)
    clock.advance(minutes=1)

    def noted_after(seconds):
        clock.advance(seconds=seconds)
        asks(secret)
        return ApiToken.objects.get(pk=token.pk).last_used_at

    first = noted_after(0)
    assert noted_after(59) == first
    assert noted_after(2) == first + timedelta(seconds=61)


def test_unused_are_those_that_work_and_were_not_used_for_a_month():
    vera, gone = person("Viewer"), person("Viewer")
    made = [create_token(vera, by=None)[0] for _each in range(6)]
    never, long_ago, lately, fresh, revoked, expired = made
    left = create_token(gone, by=None)[0]
    for token in (never, long_ago, lately, revoked, expired, left):
        aged(token, created_at=31)
    aged(long_ago, last_used_at=30.5)
    aged(lately, last_used_at=29)
    aged(expired, expires_at=1)
    revoke_token(revoked, by=None)
    gone.is_active = False
    gone.save()

    assert set(ApiToken.objects.idle()) == {never, long_ago}
    assert set(ApiToken.objects.usable()) == {never, long_ago, lately, fresh}


def test_a_name_is_as_long_as_the_limit_and_no_longer():
    vera = person("Viewer")
    longest = "n" * limits.TOKEN_NAME

    assert create_token(vera, by=None, name=longest)[0].name == longest
    with pytest.raises(InvalidInput):
        create_token(vera, by=None, name=longest + "n")
    assert ApiToken.objects.count() == 1

"""A period that a wrong clock put in the future: refused, told, put right."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from mlops.dbrules import MLOPS_RULES
from mlops.health import BLOCKER, run_checks
from mlops.models import ServingPeriod
from mlops.serving import period_corrections, periods, selection
from mlops.serving.periods import TICK
from preciso.clock import database_now
from tests.database import refuses
from tests.mlops.people import browser, by_htmx, text
from tests.mlops.production import serve, some_versions
from training.dbrules import TRAINING_RULES, put_up, take_down
from training.errors import InvalidInput, NotAllowedNow
from training.models import AuditEvent

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
BEGUN = [rule for rule in MLOPS_RULES if rule.name == "mlops_servingperiod_has_begun"]


@pytest.fixture
def ada():
    return browser("Admin")


@pytest.fixture
def later():
    """One served for an hour; two more begin in two hours, as an old version did it."""
    first, second = some_versions(2)
    now = database_now()
    serve(first, now - HOUR)
    take_down(BEGUN)
    periods = [serve(second, now + 2 * HOUR), serve(first, now + 2 * HOUR + TICK)]
    put_up(BEGUN)
    return periods


def check():
    return next(each for each in run_checks() if each.key == "serving_times")


def chain():
    periods = ServingPeriod.objects.order_by("pk")
    return [(each.since, each.until) for each in periods]


def test_the_database_refuses_a_period_that_begins_in_the_future():
    version = some_versions(1)[0]
    refuses(lambda: serve(version, database_now() + timedelta(seconds=5)))
    serve(version, database_now())


def test_a_period_in_the_future_is_told_and_stops_every_switch(later, ada):
    assert (check().ok, check().severity) == (False, BLOCKER)
    with pytest.raises(NotAllowedNow):
        periods.open_period(
            selection.current_period(),
            periods.Opening(later[0].model_version, "select", ada.user, "", None),
        )


def test_audit_entries_in_the_future_are_told_and_stay(ada):
    """As a process of an old version left them, whose clock was two hours ahead."""
    assert check().ok
    event = AuditEvent.objects.record("case.posted", actor=ada.user, subject=ada.user)
    take_down(TRAINING_RULES)
    AuditEvent.objects.filter(pk=event.pk).update(at=database_now() + 2 * HOUR)
    put_up(TRAINING_RULES)

    told = check()

    assert (told.ok, told.severity) == (False, BLOCKER)
    assert "1 entry of the audit trail lies" in str(told.message)
    assert str(told.message) in text(ada.get("/setup/"))
    assert AuditEvent.objects.filter(pk=event.pk).exists()


def test_audit_entries_of_a_clock_that_is_hardly_wrong_are_not_told(ada):
    event = AuditEvent.objects.record("case.posted", actor=ada.user, subject=ada.user)
    take_down(TRAINING_RULES)
    soon = database_now() + timedelta(seconds=1)
    AuditEvent.objects.filter(pk=event.pk).update(at=soon)
    put_up(TRAINING_RULES)

    assert check().ok


def test_put_right_the_last_begins_now_and_no_gap_is_left(later, ada):
    before = database_now()
    period_corrections.put_periods_right(by=ada.user, reason="web-2 was wrong")
    (_, end), second, third = chain()
    assert end == second[0] < second[1] == third[0]
    assert third[1] is None
    assert before - TICK * 2 <= third[0] <= database_now()
    assert check().ok
    event = AuditEvent.objects.get(action="serving.put_right")
    assert event.detail["reason"] == "web-2 was wrong"
    assert event.detail["before"][0]["since"] == later[0].since.isoformat()
    assert event.detail["after"][0]["since"] == second[0].isoformat()


def test_put_right_to_a_moment_that_is_known(later, ada):
    began = database_now() - HOUR / 2
    period_corrections.put_periods_right(by=ada.user, reason="wrong", began=began)
    assert [since for since, _ in chain()[1:]] == [began, began + TICK]


@pytest.mark.parametrize("began", [-2 * HOUR, HOUR])
def test_it_cannot_have_begun_before_the_one_before_or_after_now(later, ada, began):
    before = chain()
    with pytest.raises(InvalidInput):
        period_corrections.put_periods_right(
            by=ada.user, reason="wrong", began=database_now() + began
        )
    with pytest.raises(InvalidInput):
        period_corrections.put_periods_right(by=ada.user, reason=" ")
    assert chain() == before


def test_where_nothing_lies_in_the_future_nothing_is_put_right(ada):
    serve(some_versions(1)[0], database_now() - HOUR)
    with pytest.raises(NotAllowedNow):
        period_corrections.put_periods_right(by=ada.user, reason="wrong")


def test_the_database_permits_that_move_alone(later):
    past, now = ServingPeriod.objects.order_by("pk")[0], database_now()
    one = ServingPeriod.objects.filter
    refuses(lambda: one(pk=past.pk).update(since=past.since - HOUR))
    refuses(lambda: one(pk=later[0].pk).update(since=later[0].since + HOUR))
    refuses(lambda: one(pk=later[0].pk).update(since=now))  # leaves a gap
    refuses(lambda: one(pk=later[1].pk).update(since=now, reason="another"))
    refuses(lambda: one(pk=past.pk).update(until=None))


def test_the_page_offers_it_to_administrators_and_asks_for_a_reason(later, ada):
    assert 'id="put-right"' in text(ada.get("/setup/"))
    theo = browser("Operator")
    assert 'id="put-right"' not in text(theo.get("/setup/"))
    assert by_htmx(theo, "/setup/put-right/", reason="x").status_code == 403
    assert by_htmx(ada, "/setup/put-right/", reason=" ").status_code == 409
    done = by_htmx(ada, "/setup/put-right/", reason="web-2 was wrong")
    assert done.status_code == 200
    assert 'id="put-right"' not in text(done)


def test_the_command_puts_right_in_a_name_that_may(later, ada, capsys):
    theo = browser("Operator")
    with pytest.raises(CommandError):
        call_command("put_periods_right", reason="wrong", user=theo.user.username)
    with pytest.raises(CommandError):
        call_command("put_periods_right", reason="wrong", began="yesterday")
    call_command("put_periods_right", reason="wrong", user=ada.user.username)
    assert capsys.readouterr().out == "put right 2\n"
    assert AuditEvent.objects.get(action="serving.put_right").actor == ada.user

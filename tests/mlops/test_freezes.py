"""Freeze windows: nothing new is selected, going back is possible, two may switch."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mlops.choices import FROZEN_KINDS, PeriodKind
from mlops.models import BreakGlass, FreezeWindow, ServingPeriod
from mlops.serving import break_glass, freezes, promotion, selection
from tests.apis import a_model_version, a_sealed_version, here, person
from tests.database import refuses
from training.errors import Forbidden, InvalidInput, NotAllowedNow, StaleState
from training.models import AuditEvent

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def theo():
    return person("Operator", "theo")


@pytest.fixture
def olga():
    return person("Operator", "olga")


@pytest.fixture
def versions(two_model_directories, theo):
    """The first one serves, and served before the second one did."""
    dataset = a_sealed_version(person("Reviewer", "rita"))
    made = [a_model_version(dataset, files) for files in two_model_directories]
    selection.select_version(made[0], by=theo)
    return made


@pytest.fixture
def freeze(versions):
    return freezes.plan_freeze(
        name="Quarter close",
        ends_at=timezone.now() + 3 * DAY,
        by=person("Admin", "ada"),
    )


def serves():
    return selection.current_period().model_version


def test_nothing_is_selected_in_a_freeze(versions, freeze, theo):
    with pytest.raises(freezes.Frozen, match="Quarter close"):
        selection.select_version(versions[1], by=theo, reason="Better.")

    assert serves() == versions[0]


def test_selecting_what_serves_is_no_switch_and_not_refused(versions, freeze, theo):
    assert selection.select_version(versions[0], by=theo)[1] is False


def test_a_rollback_is_never_refused_by_a_freeze(versions, theo):
    selection.select_version(versions[1], by=theo)
    freezes.plan_freeze(name="Audit", ends_at=timezone.now() + DAY, by=theo)

    selection.roll_back(by=theo)

    assert serves() == versions[0]


@pytest.mark.parametrize(
    ("late", "refused"), [(-1, False), (0, True), (DAY // timedelta(microseconds=1), 0)]
)
def test_a_freeze_holds_from_its_first_microsecond_to_before_its_end(
    versions, theo, clock, late, refused
):
    start = timezone.now() + DAY
    freezes.plan_freeze(name="Close", starts_at=start, ends_at=start + DAY, by=theo)
    clock.set(start + timedelta(microseconds=late))

    if refused:
        with pytest.raises(freezes.Frozen):
            selection.select_version(versions[1], by=theo)
    else:
        selection.select_version(versions[1], by=theo)

    assert (serves() == versions[0]) is bool(refused)


def test_the_database_refuses_a_period_that_begins_in_a_freeze(versions, freeze):
    now = timezone.now()
    current = selection.current_period()
    ServingPeriod.objects.filter(pk=current.pk).update(until=now)

    for kind in PeriodKind.values:
        period = ServingPeriod(
            model_version=versions[1], since=now, kind=kind, follows=current
        )
        if kind in FROZEN_KINDS:
            refuses(period.save)
    period.kind, period.model_version = PeriodKind.ROLLBACK, versions[0]
    period.save()


def test_what_was_planned_is_called_off_before_it_starts_and_not_after(theo):
    tomorrow = timezone.now() + DAY
    planned = freezes.plan_freeze(
        name="Audit", starts_at=tomorrow, ends_at=tomorrow + DAY, by=theo
    )
    running = freezes.plan_freeze(name="Close", ends_at=tomorrow, by=theo)

    freezes.call_off_freeze(planned, by=theo)

    for each in (planned, running):
        with pytest.raises(NotAllowedNow):
            freezes.call_off_freeze(each, by=theo)
    assert list(FreezeWindow.objects.standing()) == [running]
    refuses(lambda: FreezeWindow.objects.filter(pk=running.pk).update(ends_at=tomorrow))
    refuses(lambda: FreezeWindow.objects.filter(pk=running.pk).delete())


@pytest.mark.parametrize(
    ("name", "starts", "ends", "why"),
    [
        (" ", 0, 1, "what the freeze is for"),
        ("Close", 2, 1, "end after it starts"),
        ("Close", -2, -1, "after now"),
        ("Close", 0, 93, "at most 92 days"),
    ],
)
def test_a_freeze_that_makes_no_sense_is_refused(theo, name, starts, ends, why):
    now = timezone.now()
    with pytest.raises((InvalidInput, NotAllowedNow), match=why):
        freezes.plan_freeze(
            name=name, starts_at=now + starts * DAY, ends_at=now + ends * DAY, by=theo
        )
    assert not FreezeWindow.objects.exists()


def test_two_people_switch_in_a_freeze(versions, freeze, theo, olga):
    asked = break_glass.request_switch(versions[1], by=theo, reason="Wrong denials.")
    again = break_glass.request_switch(versions[1], by=olga, reason="Me too.")
    with pytest.raises(Forbidden, match="another person"):
        break_glass.confirm_switch(asked, by=theo)
    assert serves() == versions[0]

    period = break_glass.confirm_switch(asked, by=olga, answer="Seen.")

    asked.refresh_from_db()
    assert again == asked
    assert serves() == versions[1]
    assert (period.kind, period.by, period.reason) == (
        PeriodKind.BREAK_GLASS,
        theo,
        "Wrong denials.",
    )
    assert (asked.decided_by, asked.answer, asked.period) == (olga, "Seen.", period)
    told = AuditEvent.objects.filter(action__startswith="freeze.switch").order_by("pk")
    assert [(event.action, event.actor) for event in told] == [
        ("freeze.switch_requested", theo),
        ("freeze.switch_confirmed", olga),
    ]
    with pytest.raises(StaleState):
        break_glass.confirm_switch(asked, by=olga)
    selection.roll_back(by=theo)
    assert serves() == versions[0]


def test_a_confirmation_is_for_what_both_have_seen(
    versions, freeze, theo, olga, two_model_directories
):
    asked = break_glass.request_switch(versions[1], by=theo, reason="Urgent.")
    other = a_model_version(versions[0].run.dataset_version, two_model_directories[0])
    also = break_glass.request_switch(other, by=theo, reason="Or this.")
    break_glass.confirm_switch(also, by=olga)

    with pytest.raises(StaleState, match="asked anew"):
        break_glass.confirm_switch(asked, by=olga)
    anew = break_glass.request_switch(versions[1], by=theo, reason="Still.")
    break_glass.confirm_switch(anew, by=olga)

    assert anew != asked
    assert serves() == versions[1]


def test_what_is_refused_does_not_come_about(versions, freeze, theo, olga):
    asked = break_glass.request_switch(versions[1], by=theo, reason="Urgent.")

    break_glass.refuse_switch(asked, by=olga, answer="It can wait.")

    for decide in (break_glass.confirm_switch, break_glass.refuse_switch):
        with pytest.raises(StaleState):
            decide(asked, by=olga)
    assert serves() == versions[0]
    assert not BreakGlass.objects.open().exists()


def test_a_confirmation_comes_too_late_when_the_freeze_is_over(
    versions, freeze, theo, olga, clock
):
    asked = break_glass.request_switch(versions[1], by=theo, reason="Urgent.")
    clock.set(freeze.ends_at)

    with pytest.raises(NotAllowedNow, match="just select"):
        break_glass.confirm_switch(asked, by=olga)
    with pytest.raises(NotAllowedNow, match="Nothing is frozen"):
        break_glass.request_switch(versions[1], by=theo, reason="Urgent.")


def test_a_request_needs_a_reason_and_another_version(versions, freeze, theo):
    with pytest.raises(InvalidInput):
        break_glass.request_switch(versions[1], by=theo, reason=" ")
    with pytest.raises(NotAllowedNow, match="serves already"):
        break_glass.request_switch(versions[0], by=theo, reason="Urgent.")
    assert not BreakGlass.objects.exists()


def test_the_database_wants_two_people(versions, freeze, theo, olga):
    asked = break_glass.request_switch(versions[1], by=theo, reason="Urgent.")
    row = BreakGlass.objects.filter(pk=asked.pk)
    period = selection.current_period()

    refuses(
        lambda: row.update(decided_by=theo, decided_at=freeze.ends_at, period=period)
    )
    refuses(lambda: row.update(reason="Other."))
    refuses(row.delete)
    row.update(decided_by=olga, decided_at=freeze.ends_at, period=period)
    refuses(lambda: row.update(answer="Changed my mind."))


def test_nothing_takes_over_by_itself_in_a_freeze(versions, freeze):
    rules = {rule.rule: rule.ok for rule in promotion.preview(versions[1])}

    assert rules["not_frozen"] is False


def test_over_http(versions, freeze, theo, olga):
    asks, confirms = here(theo), here(olga)
    wanted = {"model_version_id": str(versions[1].pk), "reason": "Urgent."}

    frozen = asks.post("serving/select", wanted)
    asked = asks.post("serving/break-glass", wanted).json()
    path = f"serving/break-glass/{asked['id']}/confirm"
    alone = asks.post(path)
    done = confirms.post(path, {"reason": "Seen."})

    assert (frozen.status_code, frozen.json()["code"]) == (409, "frozen")
    assert (alone.status_code, alone.json()["code"]) == (403, "second_person_needed")
    assert (done.status_code, done.json()["kind"]) == (201, "break_glass")
    assert asks.get("serving").json()["model_version"]["id"] == str(versions[1].pk)
    assert asks.get("serving/break-glass").json()["items"][0]["decided_by"] == "olga"

"""Four eyes on what serves: two people select, and nobody their own work alone."""

import pytest
from django.utils import timezone

from mlops.choices import PeriodKind
from mlops.models import BreakGlass, ServingPeriod
from mlops.serving import break_glass, freezes, promotion, selection
from tests.apis import (
    Api,
    a_model_version,
    a_sealed_version,
    an_approved_case,
    here,
    person,
)
from tests.database import refuses
from training.errors import Forbidden, NotAllowedNow
from training.models import AuditEvent, DatasetVersion, PipelineJob
from training.services.datasets import versions
from training.services.policy.policies import change_policy, policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def theo():
    return person("Operator", "theo")


@pytest.fixture
def olga():
    return person("Operator", "olga")


@pytest.fixture
def rita():
    return person("Admin", "rita")


@pytest.fixture
def first(two_model_directories, theo, rita):
    """Of a dataset that rita approved alone; it serves."""
    version = a_model_version(a_sealed_version(rita), two_model_directories[0])
    selection.select_version(version, by=theo)
    return version


@pytest.fixture
def second(first, two_model_directories, rita, theo, olga):
    """Rita approved 3 of its 5 new samples, theo 2; olga started the training."""
    for by in (rita, rita, rita, theo, theo):
        an_approved_case(by)
    dataset = DatasetVersion.objects.open().get()
    versions.seal_version(dataset, by=rita)
    dataset.refresh_from_db()
    version = a_model_version(dataset, two_model_directories[1])
    PipelineJob.objects.filter(run=version.run).update(created_by=olga)
    return version


def serves():
    return selection.current_period().model_version


def ask(version, by):
    return break_glass.request_switch(version, by=by, reason="Better.")


def test_off_at_first_one_person_selects_whatever_they_had_to_do_with_it(second, rita):
    selection.select_version(second, by=rita)
    assert serves() == second


def test_two_people_select(first, second, theo, olga):
    change_policy(by=None, two_people_select=True)
    with pytest.raises(NotAllowedNow, match="two people") as refused:
        selection.select_version(second, by=theo)
    assert refused.value.code == "second_person_needed"

    asked = ask(second, theo)
    assert ask(second, olga) == asked
    with pytest.raises(Forbidden, match="another person"):
        break_glass.confirm_switch(asked, by=theo)
    period = break_glass.confirm_switch(asked, by=olga, answer="Seen.")

    assert (period.kind, period.by, serves()) == (PeriodKind.TWO_PEOPLE, theo, second)
    told = AuditEvent.objects.filter(action__startswith="serving.switch").order_by("pk")
    assert [(event.action, event.actor) for event in told] == [
        ("serving.switch_requested", theo),
        ("serving.switch_confirmed", olga),
    ]
    selection.roll_back(by=theo)
    assert serves() == first


@pytest.mark.parametrize(
    ("share", "partial"),
    [
        (0.6, {"olga"}),
        (0.59, {"olga", "rita"}),
        (0.4, {"olga", "rita"}),
        (1.0, {"olga"}),
    ],
)
def test_who_had_most_part_in_it_does_not_select_it_alone(
    first, second, theo, olga, rita, share, partial
):
    change_policy(by=None, conflict_share=share)
    for one in (theo, olga, rita):
        period = ServingPeriod(
            model_version=second,
            since=timezone.now(),
            kind=PeriodKind.SELECT,
            by=one,
            follows=selection.current_period(),
        )
        if one.username in partial:
            with pytest.raises(NotAllowedNow) as refused:
                selection.select_version(second, by=one)
            assert refused.value.code == "conflict_of_interest"
            refuses(lambda period=period: begin(period))
    selection.select_version(second, by=theo)


def begin(period):
    """By the ORM, past every service."""
    ServingPeriod.objects.filter(pk=period.follows_id).update(until=period.since)
    period.save()


def test_of_two_who_select_one_had_no_part_in_it(second, theo, olga, rita):
    change_policy(by=None, conflict_share=0.5)
    asked = ask(second, olga)
    with pytest.raises(Forbidden) as refused:
        break_glass.confirm_switch(asked, by=rita)
    assert refused.value.code == "conflict_of_interest"
    break_glass.confirm_switch(asked, by=theo)
    assert serves() == second


def test_in_a_freeze_too(second, theo, olga, rita):
    change_policy(by=None, conflict_share=0.5)
    freezes.plan_freeze(
        name="Close", ends_at=timezone.now() + timezone.timedelta(days=1), by=theo
    )
    asked = ask(second, olga)
    with pytest.raises(Forbidden):
        break_glass.confirm_switch(asked, by=rita)
    break_glass.confirm_switch(asked, by=theo)
    assert selection.current_period().kind == PeriodKind.BREAK_GLASS


def test_what_a_version_that_never_served_learnt_is_new_as_well(
    first, second, two_model_directories, rita, theo
):
    """Nobody makes their samples old by training on them before."""
    an_approved_case(theo)
    dataset = DatasetVersion.objects.open().get()
    versions.seal_version(dataset, by=rita)
    dataset.refresh_from_db()
    third = a_model_version(dataset, two_model_directories[1])
    change_policy(by=None, conflict_share=0.49)
    with pytest.raises(NotAllowedNow):  # 3 of 6, not 0 of 1
        selection.select_version(third, by=rita)


def test_the_database_wants_a_request_and_its_confirmation(first, second, theo, olga):
    change_policy(by=None, two_people_select=True)
    current = selection.current_period()
    for kind in PeriodKind.values:
        if kind in ("select", "auto", "two_people", "break_glass"):
            period = ServingPeriod(
                model_version=second,
                since=timezone.now(),
                kind=kind,
                by=theo,
                follows=current,
            )
            refuses(lambda period=period: begin(period))
    asked = ask(second, theo)
    period.kind = PeriodKind.TWO_PEOPLE
    refuses(lambda: begin(period))
    row = BreakGlass.objects.filter(pk=asked.pk)
    now = timezone.now()
    refuses(lambda: row.update(decided_by=theo, decided_at=now, confirmed=True))
    break_glass.refuse_switch(asked, by=olga)
    refuses(lambda: begin(period))


def test_nothing_takes_over_by_itself_where_two_people_select(second):
    change_policy(by=None, two_people_select=True)
    rules = {rule.rule: rule.ok for rule in promotion.preview(second)}
    assert rules["one_is_enough"] is False


def test_over_http(second, theo):
    change_policy(by=None, two_people_select=True)
    asks = here(theo)
    wanted = {"model_version_id": str(second.pk), "reason": "Better."}

    alone = asks.post("serving/select", wanted)
    asked = asks.post("serving/break-glass", wanted)
    path = f"serving/break-glass/{asked.json()['id']}/confirm"
    again = asks.post(path)

    assert (alone.status_code, alone.json()["code"]) == (409, "second_person_needed")
    assert (asked.status_code, asked.json()["freeze"]) == (201, None)
    assert (again.status_code, again.json()["code"]) == (403, "second_person_needed")


@pytest.mark.parametrize("rule", [{"two_people_select": True}, {"conflict_share": 1.0}])
def test_a_token_is_nobody_s_pair_of_eyes(first, second, theo, olga, rule):
    change_policy(by=None, **rule)
    wanted = {"model_version_id": str(second.pk), "reason": "Better."}

    for path in ("serving/select", "serving/break-glass"):
        assert Api(theo).post(path, wanted).status_code in (403, 409)
    asked = ask(second, olga)
    confirmed = Api(theo).post(f"serving/break-glass/{asked.pk}/confirm")
    assert (confirmed.status_code, confirmed.json()["code"]) == (403, "person_needed")
    assert serves() == first


LOOSENINGS = "training/loosenings"
OFF = {"rule": "two_people_select", "reason": "The quarter is over."}


def test_over_http_one_administrator_alone_does_not_loosen_a_rule(theo, rita):
    asks = here(rita)
    set_to = asks.post("training/auto", {"two_people_select": True})
    back = asks.post("training/auto", {"two_people_select": False})
    assert (set_to.status_code, back.status_code) == (200, 409)
    assert back.json()["code"] == "second_person_needed"
    asks.post("training/auto", {"conflict_share": 0.5})
    for body in ({"clear": ["conflict_share"]}, {"conflict_share": 0.6}):
        assert asks.post("training/auto", body).status_code == 409
    alone = asks.post(LOOSENINGS, OFF)
    assert (alone.status_code, alone.json()["code"]) == (409, "nobody_to_confirm")

    confirms = here(person("Admin", "bob"))
    asked = asks.post(LOOSENINGS, OFF)
    path = f"{LOOSENINGS}/{asked.json()['id']}"
    own = asks.post(f"{path}/confirm")
    no_right = here(theo).post(f"{path}/confirm")
    assert asked.status_code == 201
    assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
    assert no_right.status_code == 403
    assert policy().two_people_select

    done = confirms.post(f"{path}/confirm", {"reason": "Seen."}).json()
    assert (done["status"], done["asked_by"], done["decided_by"]) == (
        "confirmed",
        "rita",
        "bob",
    )
    assert not policy().two_people_select
    again = confirms.post(f"{path}/decline")
    assert (again.status_code, again.json()["code"]) == (409, "stale_state")
    assert Api(theo).get(LOOSENINGS).json()["items"] == [done]


def test_a_share_is_raised_over_http_by_two(rita):
    bob = person("Admin", "bob")
    change_policy(by=rita, conflict_share=0.5)
    body = {"rule": "conflict_share", "share": 0.75, "reason": "Too few people."}
    asked = here(rita).post(LOOSENINGS, body).json()
    assert (asked["share_from"], asked["share_to"]) == (0.5, 0.75)
    here(bob).post(f"{LOOSENINGS}/{asked['id']}/decline")
    assert policy().conflict_share == 0.5
    asked = here(bob).post(LOOSENINGS, body).json()
    here(rita).post(f"{LOOSENINGS}/{asked['id']}/confirm")
    assert policy().conflict_share == 0.75
    for wrong in ({"share": 2}, {"rule": "blind_share"}, {"reason": ""}, {"why": "x"}):
        assert here(rita).post(LOOSENINGS, {**body, **wrong}).status_code == 400


def test_a_token_neither_asks_for_nor_confirms_a_loosening(rita):
    bob = person("Admin", "bob")
    robot = person("Admin", "robot@service")
    change_policy(by=rita, two_people_select=True)
    for holder in (rita, bob, robot):
        refused = Api(holder).post(LOOSENINGS, OFF)
        assert (refused.status_code, refused.json()["code"]) == (403, "person_needed")
    asked = here(rita).post(LOOSENINGS, OFF).json()
    for holder in (bob, robot):
        for verb in ("confirm", "decline"):
            refused = Api(holder).post(f"{LOOSENINGS}/{asked['id']}/{verb}")
            assert refused.json()["code"] == "person_needed"
    assert policy().two_people_select

"""The off switch: people decide, at once, until somebody starts it again."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from mlops.choices import PeriodKind
from mlops.evaluation import agreement
from mlops.health import run_checks
from mlops.models import ServingPeriod
from mlops.predictor_cache import STORE
from mlops.serving import (
    fallbacks,
    freezes,
    model_registry,
    off_switch,
    predictions,
    promotion,
    selection,
)
from preciso.clock import RESOLUTION, database_now
from tests.apis import a_model_version, a_sealed_version, api, person
from tests.database import refuses
from tests.mlops.production import serve
from tests.mlops.test_corrections import BEGUN
from training.dbrules import put_up, take_down
from training.errors import DomainError, InvalidInput, NotAllowedNow
from training.models import AuditEvent, Case, TrainingPolicy
from training.services.cases.intake import parse_case, post_case

pytestmark = pytest.mark.django_db

FACTS = [{"name": "income", "value": 3}]


@pytest.fixture
def theo():
    return person("Operator", "theo")


@pytest.fixture
def versions(theo, two_model_directories):
    """The first has served, the second serves."""
    STORE.clear()
    sealed = a_sealed_version(person("Reviewer"), size=3)
    both = [a_model_version(sealed, files, by=theo) for files in two_model_directories]
    for version in both:
        selection.select_version(version, by=theo)
    return both


@pytest.fixture
def stopped(versions, theo):
    return off_switch.stop_serving(by=theo, reason="Odd answers.")[0]


def ask():
    return predictions.predict([predictions.PredictCase("", FACTS)], by=None)


def refused(act):
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value.code


def serves():
    period = selection.current_period()
    return period.model_version if period else None


def check(key):
    return next(each for each in run_checks() if each.key == key)


def test_stopped_nothing_answers_and_cases_come_in_without_a_recommendation(
    versions, theo
):
    assert ask().model_version == versions[1]

    period, changed = off_switch.stop_serving(by=theo, reason=" Odd answers. ")

    assert changed
    assert (period.kind, period.model_version) == (PeriodKind.STOPPED, None)
    assert refused(ask) == "serving_stopped"
    content = parse_case({"external_id": "S-1", "facts": FACTS})
    case, _new = post_case(content, by=theo)
    assert not case.has_recommendation
    assert (case.recommender_id, case.no_advice) == (None, "serving_stopped")
    event = AuditEvent.objects.get(action="serving.stopped")
    assert event.detail["reason"] == "Odd answers."
    assert event.detail["before"] == str(versions[1])
    assert not check("serving").ok


def test_started_again_serves_what_served_before(stopped, versions, theo):
    period = off_switch.start_serving(by=theo, reason="It was the data.")

    assert serves() == versions[1]
    assert (period.kind, period.since) == (PeriodKind.STARTED, period.follows.until)
    assert ask().model_version == versions[1]
    assert check("serving").ok
    selection.roll_back(by=theo)
    assert serves() == versions[0]


def test_both_want_a_reason(versions, theo):
    for act in (off_switch.stop_serving, off_switch.start_serving):
        with pytest.raises(InvalidInput):
            act(by=theo, reason="  ")
    assert serves() == versions[1]


def test_stopping_what_is_stopped_changes_nothing(stopped, theo):
    period, changed = off_switch.stop_serving(by=theo, reason="Again.")
    assert (period, changed) == (stopped, False)


def test_there_must_be_something_to_stop_and_to_start(theo):
    stop = partial(off_switch.stop_serving, by=theo, reason="x")
    assert refused(stop) == "no_serving_model"


def test_only_what_is_stopped_is_started(versions, theo):
    start = partial(off_switch.start_serving, by=theo, reason="x")
    assert refused(start) == "not_stopped"


def test_a_freeze_and_required_rehearsals_hold_none_of_it_up(versions, theo):
    TrainingPolicy.objects.update(rehearsal_required=True)
    ends = database_now() + timedelta(days=1)
    fallbacks.name_fallback(versions[0], by=theo, reason="Known for years.")
    freezes.plan_freeze(name="Close", ends_at=ends, by=theo)

    off_switch.stop_serving(by=theo, reason="Odd.")
    off_switch.start_serving(by=theo, reason="Fine.")
    fallbacks.switch_to_fallback(by=theo, reason="Odd again.")

    assert serves() == versions[0]
    assert selection.is_on_hold()


def test_what_was_put_aside_meanwhile_is_not_started(stopped, versions, theo):
    model_registry.quarantine(versions[1], by=theo, reason="Wrong on young people.")
    start = partial(off_switch.start_serving, by=theo, reason="x")
    assert refused(start) == "not_eligible"
    selection.roll_back(by=theo)
    assert serves() == versions[0]


def test_rolled_back_while_stopped_what_served_before_it_serves(
    stopped, versions, theo
):
    selection.roll_back(by=theo, reason="The old one.")
    assert serves() == versions[0]
    assert selection.is_on_hold()
    assert refused(lambda: selection.roll_back(by=theo)) == "no_history"


def test_selected_while_stopped_a_rollback_does_not_bring_the_stop_back(
    stopped, versions, theo
):
    selection.select_version(versions[0], by=theo)
    assert serves() == versions[0]
    selection.roll_back(by=theo)
    assert serves() == versions[1]


def test_the_stopped_one_selected_anew_stands_where_it_stood(stopped, versions, theo):
    selection.select_version(versions[1], by=theo)
    selection.roll_back(by=theo)
    assert serves() == versions[0]


def test_auto_promotes_nothing_while_people_decide(stopped, versions):
    rules = {rule.rule: rule.ok for rule in promotion.preview(versions[0])}
    assert not rules["not_stopped"]
    assert not rules["something_serves"]


def test_agreement_counts_no_case_of_a_stop(stopped):
    assert agreement.of_open_period() is None
    assert all(span.period.model_version for span in agreement.newest_spans())


def test_a_stop_puts_right_what_a_wrong_clock_put_in_the_future(versions, theo):
    take_down(BEGUN)
    serve(versions[0], database_now() + timedelta(hours=2))
    put_up(BEGUN)
    period, changed = off_switch.stop_serving(by=theo, reason="Odd.")
    assert changed
    assert period.since <= database_now() + RESOLUTION
    assert AuditEvent.objects.filter(action="serving.put_right").exists()
    assert check("serving_times").ok


def test_a_drill_is_told_with_its_date_and_asked_for_after_a_quarter(versions, theo):
    assert check("stop_drill").fix
    off_switch.stop_serving(by=theo, reason="Practice.", drill=True)
    assert off_switch.last_drill() is None  # it is not over yet
    assert not off_switch.is_drill_due()  # nothing serves that could be stopped
    assert check("stop_drill").message.startswith("Serving is stopped")
    off_switch.start_serving(by=theo, reason="It worked.")
    drill = off_switch.last_drill()
    assert (drill.by, drill.until > drill.since) == (theo, True)
    assert check("stop_drill").ok


def test_a_drill_of_long_ago_is_asked_for_again(versions, theo, clock):
    off_switch.stop_serving(by=theo, reason="Practice.", drill=True)
    off_switch.start_serving(by=theo, reason="It worked.")
    clock.advance(days=91)
    assert off_switch.is_drill_due()
    assert check("stop_drill").fix


def test_the_database_keeps_what_a_stop_is(versions, theo):
    now = selection.current_period()
    ServingPeriod.objects.filter(pk=now.pk).update(until=database_now())
    now.refresh_from_db()

    def follow(**columns):
        row = {"since": now.until, "follows": now, "kind": "select", **columns}
        ServingPeriod.objects.create(**row)

    refuses(lambda: follow(model_version=None))
    refuses(lambda: follow(model_version=versions[0], kind="stopped"))
    refuses(lambda: follow(model_version=versions[0], drill=True))
    refuses(lambda: follow(model_version=versions[0], kind="started"))
    follow(model_version=None, kind="stopped")


def test_the_fallback_has_served_and_only_one_is_it(
    versions, theo, two_model_directories
):
    new = a_model_version(versions[0].run.dataset_version, two_model_directories[0])
    name = partial(fallbacks.name_fallback, new, by=theo, reason="x")
    assert refused(name) == "never_served"
    switch = partial(fallbacks.switch_to_fallback, by=theo, reason="x")
    assert refused(switch) == "no_fallback"

    for version in versions:
        fallbacks.name_fallback(version, by=theo, reason="Known.")
    assert fallbacks.fallback() == versions[1]
    _period, changed = fallbacks.switch_to_fallback(by=theo, reason="x")
    assert not changed  # it serves already

    clear = partial(fallbacks.clear_fallback, by=theo, reason="x")
    assert refused(partial(clear, versions[0])) == "no_fallback"
    clear(versions[1])
    assert fallbacks.fallback() is None


def test_in_a_freeze_nobody_names_another_fallback(versions, theo):
    freezes.plan_freeze(
        name="Close", ends_at=database_now() + timedelta(days=1), by=theo
    )
    with pytest.raises(NotAllowedNow):
        fallbacks.name_fallback(versions[0], by=theo, reason="x")


def test_the_fallback_ends_a_stop(stopped, versions, theo):
    fallbacks.name_fallback(versions[0], by=theo, reason="Known.")
    fallbacks.switch_to_fallback(by=theo, reason="Until it is mended.")
    assert serves() == versions[0]
    selection.roll_back(by=theo)
    assert serves() == versions[1]


def test_over_the_api(versions, theo):
    caller, first = api("Operator"), versions[0]
    assert caller.post("serving/stop", {}).status_code == 400
    assert caller.post("serving/stop", {"reason": " "}).status_code == 400

    answer = caller.post("serving/stop", {"reason": "Odd."})
    assert answer.status_code == 201
    period = answer.json()
    assert (period["kind"], period["model_version"]) == ("stopped", None)
    assert caller.post("serving/stop", {"reason": "Odd."}).status_code == 200
    assert caller.get("serving").json() == period
    at = caller.get("serving/at", time=period["since"]).json()
    assert (at["id"], at["model_version"]) == (period["id"], None)
    history = caller.get("serving/history").json()["items"]
    assert [each["kind"] for each in history] == ["stopped", "select", "select"]
    said = caller.post("predict", {"cases": [{"facts": FACTS}]})
    assert (said.status_code, said.json()["code"]) == (503, "serving_stopped")
    models = caller.get("models").json()["items"]
    assert [each["serving"] for each in models] == [False, False]
    assert caller.get("models", status="serving").json()["items"] == []

    named = caller.post(f"models/{first.pk}/fallback", {"reason": "Known."})
    assert named.json()["fallback"]["id"] == str(first.pk)
    switched = caller.post("serving/fallback", {"reason": "Until then."})
    assert (switched.status_code, switched.json()["kind"]) == (201, "fallback")
    cleared = caller.post(f"models/{first.pk}/fallback/clear", {"reason": "Old."})
    assert cleared.json()["fallback"] is None
    assert caller.post("serving/start", {"reason": "x"}).status_code == 409


def test_by_command(versions, theo, capsys):
    with pytest.raises(CommandError):
        call_command("stop_serving", reason="x", user=person("Viewer").username)
    call_command("stop_serving", reason="Odd.", drill=True, user="theo")
    call_command("stop_serving", reason="Odd.")
    call_command("start_serving", reason="Fine.", user="theo")
    told = capsys.readouterr().out
    assert told == f"stopped\nstopped already\nstarted {versions[1]}\n"
    with pytest.raises(CommandError):
        call_command("start_serving", reason="Fine.")


def test_a_case_of_before_keeps_its_recommendation(versions, theo):
    content = parse_case({"external_id": "S-2", "facts": FACTS})
    post_case(content, by=theo)
    off_switch.stop_serving(by=theo, reason="Odd.")
    case = Case.objects.get(external_id="S-2")
    assert case.has_recommendation
    assert case.no_advice == ""

"""A refusal of Auto or of the schedule is kept as a code, and read in any language."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from tests.apis import a_case, a_sealed_version, an_approved_case, api, person
from tests.mlops.people import browser, text
from training.choices import DatasetStatus, TrainingScope
from training.errors import DomainError, NotAllowedNow, StaleState
from training.models import AutoDecision, DatasetVersion
from training.refusals import SENTENCES, WORDS, in_words, refusal
from training.services.budget.allowance import Allowance, BudgetPeriod, budget_refusal
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.datasets.versions import freeze
from training.services.policy import policies
from training.services.policy.batch_schedule import run_schedule
from training.services.runs.requests import RunRequest

pytestmark = pytest.mark.django_db
KO = {"Accept-Language": "ko"}
KOREAN = re.compile("[가-힣]")
VALUES = {"version": 3, "status": "sealed", "left": 1, "needed": 8, "name": "x"}
VALUES |= {"known": "a, b", "moment": "2026-11-30T00:00:00+00:00"}


@pytest.fixture
def alice():
    return person("Admin", "alice")


@pytest.fixture
def only_new(alice, settings):
    """Auto would train on what is new alone; and all that is new is held back."""
    sealed = a_sealed_version(alice, size=2)
    settings.EVAL_SHARE = 100
    policies.change_policy(
        by=alice,
        auto_enabled=True,
        min_new_samples=1,
        cooldown_minutes=0,
        undo_window_minutes=0,
        training_scope=TrainingScope.DELTA,
    )
    return sealed


def kept(decision):
    (rule,) = [rule for rule in decision.rules if rule["rule"] == "submitted"]
    assert rule["ok"] is False
    return rule["value"]


def test_what_auto_was_refused_is_kept_without_a_sentence(alice, only_new):
    with translation.override("ko"):
        decision = approve_case(a_case(), ReviewInput(decision="deny"), by=alice).auto

    decision.refresh_from_db()
    number = DatasetVersion.objects.open().get().number
    assert kept(decision) == {"code": "nothing_new", "params": {"version": number}}


def test_each_reader_gets_it_in_their_language(alice, only_new):
    with translation.override("ko"):
        case = a_case()
        approve_case(case, ReviewInput(decision="deny"), by=alice)
    page = f"/mlops/approvals/{case.pk}/"
    viewer = browser("Viewer")
    english, korean = text(viewer.get(page)), text(viewer.get(page, headers=KO))

    assert "Nothing in Dataset 2 is both new and there to learn from" in english
    assert not KOREAN.search(english.split("could not be submitted")[1][:200])
    with translation.override("ko"):
        assert in_words(kept(AutoDecision.objects.latest("pk"))) in korean
    assert "Nothing in" not in korean


def test_the_api_tells_code_and_parameters(alice, only_new):
    answer = api("Reviewer").post(
        f"approvals/cases/{a_case().pk}/approve",
        {"decision": {"decision": "deny"}, "confidence_score": 0.95},
    )

    rules = {rule["rule"]: rule for rule in answer.json()["auto"]["rules"]}
    assert rules["submitted"]["value"]["code"] == "nothing_new"


def test_the_schedule_keeps_its_refusal_likewise(alice, clock, settings):
    clock.set(timezone.now())
    policies.change_policy(by=alice, batch_schedule="0 2 * * *", min_new_samples=1)
    an_approved_case(alice)
    settings.TRAINING_MODEL_NAME = "no name!"
    clock.advance(days=1)
    with translation.override("ko"):
        decision = run_schedule()

    decision.refresh_from_db()
    assert kept(decision) == {"code": "model_name", "params": {}}


def test_a_sentence_that_was_kept_before_is_shown_as_it_stands():
    before = "데이터셋 1: 새로 들어온 표본이 없습니다."
    rule = {"rule": "submitted", "value": before, "limit": None, "ok": False}
    AutoDecision.objects.create(submitted=False, rules=[rule], trigger="approval")

    assert before in text(browser("Viewer").get("/mlops/training/decisions/"))


def test_a_refusal_that_has_no_sentence_here_is_kept_by_its_code():
    with translation.override("ko"):
        refusal = StaleState("방금 바뀌었습니다.").as_json()
    assert refusal == {"code": "stale_state", "params": {}}
    with translation.override("en"):
        assert in_words(refusal) == "It was refused (stale_state)."
    assert DomainError("x", code="y").as_json() == {"code": "y", "params": {}}


@pytest.mark.parametrize("code", SENTENCES)
def test_every_sentence_is_said_with_plain_parameters_in_both_languages(code):
    places = set(re.findall(r"%\((\w+)\)s", str(SENTENCES[code])))
    assert places <= set(VALUES), "a parameter is a number or a name"
    told = refusal(code, **{name: VALUES[name] for name in places})
    with translation.override("en"):
        english = str(told)
    with translation.override("ko"):
        korean = in_words(told.as_json())
    assert not KOREAN.search(english)
    assert KOREAN.search(korean)
    assert "%" not in english + korean
    assert set(WORDS) <= set(VALUES)


def test_a_refusal_is_said_in_the_language_of_now_not_of_when_it_was_raised(alice):
    version = a_sealed_version(alice)
    with translation.override("ko"), pytest.raises(NotAllowedNow) as refusal:
        freeze(version, by=alice)
    with translation.override("en"):
        assert str(refusal.value) == (
            "Dataset 1 is sealed; only an open version can be sealed."
        )
    assert refusal.value.as_json() == {
        "code": "not_open",
        "params": {"version": 1, "status": str(DatasetStatus.SEALED)},
    }


def test_what_a_training_is_asked_for_is_refused_by_code():
    version = DatasetVersion(number=1)
    for request, code in (
        (RunRequest(version, trainer="ghost"), "unknown_trainer"),
        (RunRequest(version, scope="ghost"), "unknown_scope"),
        (RunRequest(version, trainer="command"), "no_command"),
        (RunRequest(version, model_name="no name!"), "model_name"),
    ):
        with pytest.raises(DomainError) as refusal:
            request.resolved()
        assert refusal.value.as_json()["code"] == code


@pytest.mark.parametrize(
    ("day", "month", "code"),
    [
        ((10, 9), (None, 0), "budget_today"),
        ((None, 0), (10, 9), "budget_month"),
        ((3, 0), (None, 0), "budget_never"),
    ],
)
def test_a_budget_that_is_spent_is_kept_in_figures(day, month, code):
    soon = timezone.now() + timedelta(hours=1)
    left = Allowance(BudgetPeriod(*day, soon), BudgetPeriod(*month, soon))
    why = budget_refusal(left, 8.5).as_json()

    assert why["code"] == code
    assert why["params"]["needed"] == 8
    assert all(isinstance(each, int | str) for each in why["params"].values())
    assert budget_refusal(left, 0.5) is None

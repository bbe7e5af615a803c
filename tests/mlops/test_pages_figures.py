"""Figures of the training page and of a simulation: true, and rounded in one way."""

import html
import re
from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from mlops.pages.settings.simulation_card import simulation_card
from mlops.pages.shared.auto_rule_text import card
from tests.apis import a_run, a_sealed_version, an_approved_case, person
from tests.mlops.people import browser, in_one_line, text
from training.choices import JobStatus
from training.models import JobAttempt
from training.services.policy import auto_decisions
from training.services.policy.policies import change_policy, policy

pytestmark = pytest.mark.django_db

PAGE = "/mlops/training/"


def words(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html.unescape(page)))


@pytest.mark.parametrize(
    ("counted_to", "said"),
    [
        (1_000, "4 new samples have settled, 2 needed"),
        (3, "3 or more new samples have settled, 2 needed"),
    ],
)
def test_more_settled_samples_than_needed_are_all_told(
    clock, monkeypatch, counted_to, said
):
    monkeypatch.setattr(auto_decisions, "COUNTED_TO", counted_to)
    change_policy(by=None, min_new_samples=2)
    rita = person("Reviewer")
    for _one in range(4):
        an_approved_case(rita)
    clock.advance(minutes=11)

    shown = text(browser("Operator").get(PAGE))

    assert said in words(shown)
    assert '<progress value="2" max="2"' in shown


@pytest.mark.parametrize(
    ("needed", "said"),
    [(1, "needs 1 minute, 0 left"), (2, "needs 2 minutes, 0 left")],
)
def test_one_minute_is_one(needed, said):
    rule = {"rule": "budget", "value": needed, "limit": 0, "ok": False}

    assert card([rule]).failing[0].figures == said


@pytest.fixture
def quick_trainings():
    """Trainings here take some seconds: none to one minute, half a one on average."""
    rita = person("Reviewer")
    version = a_sealed_version(rita)
    now = timezone.now()
    for number in range(3):
        JobAttempt.objects.create(
            job=a_run(version, rita).job,
            number=number + 1,
            worker="w",
            started_at=now - timedelta(seconds=6),
            ended_at=now,
            outcome=JobStatus.COMPLETED,
        )
    return version


@pytest.mark.parametrize(
    ("samples_for_one", "total"), [(1, "about 1 minute"), (4, "under a minute")]
)
def test_the_minutes_of_a_simulation_are_rounded_in_one_way(
    quick_trainings, clock, samples_for_one, total
):
    clock.advance(minutes=1)
    tried = policy()
    tried.min_new_samples, tried.runs_per_day = samples_for_one, 4
    tried.undo_window_minutes = tried.cooldown_minutes = 0

    simulation = simulation_card(tried, 7)
    shown = render_to_string(
        "mlops/settings/_simulation.html", {"simulation": simulation}
    )

    assert f"for {total}." in simulation["sentence"]
    trainings = simulation["trainings"]
    assert {training.minutes for training in trainings} == {0.5}
    rows = re.findall('data-label="Minutes">([^<]*)<', in_one_line(shown))
    assert rows == ["under a minute"] * len(trainings)


def test_training_again_is_asked_with_its_time_and_price(quick_trainings):
    change_policy(by=None, price_per_minute="0.1", budget_minutes_per_day=60)
    operator = browser("Operator")

    shown = text(operator.get(PAGE))
    change_policy(by=None, budget_minutes_per_day=0)
    spent = text(operator.get(PAGE))

    assert f'hx-confirm="Train on {quick_trainings} again?"' in shown
    detail = "It learns from 4 samples: up to 1 minute, 60 left today, for 0.00 to 0.10"
    assert detail in shown
    assert 'data-detail="The training budget' in spent

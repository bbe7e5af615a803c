"""What is said of a training before the click, and what its estimate rests on."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.apis import a_run, a_sealed_version, person
from training.choices import JobStatus
from training.models import BudgetEntry, JobAttempt, TrainingPolicy
from training.services.budget.allowance import Allowance, BudgetPeriod, budget_refusal
from training.services.budget.estimates import (
    START_UP,
    UNKNOWN,
    PastTraining,
    estimate,
    estimate_from,
)
from training.services.budget.quotes import cost, money, quote

TOMORROW = timezone.now() + timedelta(hours=5)
NEXT_MONTH = TOMORROW + timedelta(days=9)
pasts = st.lists(
    st.builds(
        PastTraining,
        st.floats(0, 10_000, allow_nan=False),
        st.integers(0, 1_000_000),
    ),
    min_size=1,
    max_size=10,
)


def bounds(found):
    return found.low_minutes, found.high_minutes


def left(day=None, month=None, used=0):
    return Allowance(
        BudgetPeriod(day, used, TOMORROW), BudgetPeriod(month, used, NEXT_MONTH)
    )


def test_without_history_the_range_is_the_documented_one():
    assert bounds(estimate_from([], 100)) == UNKNOWN


def test_the_range_is_that_of_the_last_trainings():
    past = [PastTraining(minutes, 100) for minutes in (3.2, 4.1, 4.9, 4.0)]
    found = estimate_from(past, 100)
    assert (bounds(found), found.based_on) == ((3, 5), 4)


@pytest.mark.parametrize("wild", [0.001, 600.0])
def test_one_training_that_was_wildly_different_changes_nothing(wild):
    usual = [PastTraining(minutes, 100) for minutes in (3.2, 3.9, 4.1, 4.9)]
    assert bounds(estimate_from([*usual, PastTraining(wild, 100)], 100)) == (3, 5)


def test_ten_times_the_samples_take_up_to_ten_times_as_long():
    past = [PastTraining(4.0, 100)] * 3
    assert bounds(estimate_from(past, 1000)) == (37, 38)


def test_no_training_is_shorter_than_its_start():
    past = [PastTraining(4.0, 1_000_000)] * 3
    found = estimate_from(past, 1)
    assert bounds(found) == (0, 1)
    assert found.high_minutes >= START_UP


@given(pasts, st.integers(0, 1_000_000))
def test_an_estimate_is_a_range_of_whole_minutes_and_grows_with_the_samples(past, n):
    found, more = estimate_from(past, n), estimate_from(past, 2 * n + 1)
    assert 0 <= found.low_minutes <= found.high_minutes
    assert found.high_minutes >= 1
    if len(past) < 3:  # with more, another one may be the farthest
        assert more.low_minutes >= found.low_minutes
        assert more.high_minutes >= found.high_minutes


@pytest.mark.django_db
def test_only_successful_attempts_of_the_same_trainer_and_scope_count():
    sealed = a_sealed_version(person("Admin"))
    now = timezone.now()

    def attempt(minutes, outcome=JobStatus.COMPLETED, **run):
        made = a_run(sealed)
        type(made).objects.filter(pk=made.pk).update(**run)
        number = made.job.attempts.count() + 1
        started = now - timedelta(minutes=minutes)
        JobAttempt.objects.create(
            job=made.job,
            number=number,
            worker="w",
            started_at=started,
            ended_at=now,
            outcome=outcome,
        )

    attempt(50, outcome=JobStatus.RETRYING)
    attempt(50, trainer="command")
    attempt(50, scope="delta")
    assert estimate("decision", 4).based_on == 0
    for minutes in (3.1, 3.5, 4.5, 4.2):
        attempt(minutes)
    assert bounds(estimate("decision", sealed.sample_count)) == (3, 5)
    for _ in range(10):  # the older ones no longer count
        attempt(7.5)
    assert bounds(estimate("decision", sealed.sample_count)) == (7, 8)


@pytest.mark.parametrize(
    ("allowance", "needed", "words"),
    [
        (left(), 1000, ""),
        (left(day=60, used=55), 5, ""),
        (left(day=60, used=57), 5, "3 minutes left today"),
        (left(month=60, used=59), 5, "1 minute left this month"),
        (left(day=60, month=800, used=59), 25, "1 minute left today"),
        (left(day=60, month=60, used=59), 5, "1 minute left this month"),
        (left(day=4, month=600), 5, "has 4 minutes left .* more than it ever allows"),
        (left(day=60, used=90), 5, "0 minutes left today"),
    ],
)
def test_a_refusal_says_what_is_left_what_is_needed_and_when(allowance, needed, words):
    said = str(budget_refusal(allowance, needed) or "")
    if not words:
        assert said == ""
        return
    assert said.endswith(".")
    assert re.search(words, said)
    assert ("ever allows" in said) is not ("there is more from" in said)


@pytest.fixture
def sealed(db):
    return a_sealed_version(person("Admin"))


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({}, "about 1 to 10 minutes"),
        ({"budget_minutes_per_day": 41}, "about 1 to 10 minutes, 41 left today"),
        (
            {"budget_minutes_per_day": 41, "budget_minutes_per_month": 30},
            "about 1 to 10 minutes, 30 left this month",
        ),
    ],
)
def test_before_the_click_it_says_what_it_takes_and_what_is_left(
    sealed, limits, sentence
):
    TrainingPolicy.objects.update(**limits)
    told = quote(sealed, "decision")
    assert (told.allowed, told.sentence, told.price) == (True, sentence, "")


def test_before_the_click_it_says_that_it_may_not(sealed):
    TrainingPolicy.objects.update(budget_minutes_per_day=9)
    told = quote(sealed, "decision")
    assert not told.allowed
    why = budget_refusal(told.allowance, told.estimate.high_minutes)
    assert told.sentence == str(why)
    assert not BudgetEntry.objects.exists()


def test_costs_are_exact_and_shown_as_the_currency_is_written(sealed, settings):
    assert cost(0.1 + 0.2, Decimal("0.1")) == Decimal("0.0300")
    assert money(Decimal("4100.255")) == "4,100.26 USD"
    settings.BUDGET_CURRENCY = "KRW"
    assert money(Decimal("4100.255")) == "4,100 KRW"
    TrainingPolicy.objects.update(price_per_minute=Decimal("108"))
    told = quote(sealed, "decision")
    assert told.price == "108 to 1,080 KRW"
    assert (told.cost_low, told.cost_high) == (Decimal("108"), Decimal("1080"))

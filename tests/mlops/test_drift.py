"""How far new cases are from what the serving model learnt on."""

import json
import math
import random
from datetime import timedelta

import pytest
from django.utils import timezone

from mlops.evaluation import drift
from mlops.evaluation.held_out import evaluate_directory
from mlops.pages.models.new_cases import card
from tests.mlops.production import recommended, serve, some_versions

TOLERANCE = 1e-9


def facts(**values):
    return [{"name": name, "value": value} for name, value in values.items()]


@pytest.fixture
def learn(tmp_path):
    """What is kept of training data with these facts."""

    def kept(rows):
        file = tmp_path / "train.jsonl"
        file.write_text(
            "".join(
                json.dumps({"facts": row, "decision": "yes"}) + "\n" for row in rows
            )
        )
        return drift.reference(file)

    return kept


def found(learnt, rows):
    return {each.fact: each for each in drift.drift(learnt, rows).facts}


def test_the_index_is_the_one_worked_out_by_hand():
    learnt, new = [50, 30, 20, 0], [20, 30, 50, 0]  # the last bin is empty: left out

    # With half a case added to each of three bins: 50.5, 30.5, 20.5 of 101.5.
    by_hand = 2 * (30 / 101.5) * math.log(50.5 / 20.5)

    assert abs(drift.stability_index(learnt, new) - by_hand) < TOLERANCE
    assert drift.stability_index(learnt, learnt) == 0.0


def test_a_bin_that_was_empty_before_counts():
    by_hand = (10.5 / 101 - 0.5 / 101) * math.log(10.5 / 0.5) + (
        90.5 / 101 - 100.5 / 101
    ) * math.log(90.5 / 100.5)

    assert abs(drift.stability_index([100, 0], [90, 10]) - by_hand) < TOLERANCE


@pytest.mark.parametrize(
    ("index", "said"),
    [(0.0999, "stable"), (0.1, "moved"), (0.2499, "moved"), (0.25, "shifted")],
)
def test_the_verdict_changes_at_the_usual_limits(index, said):
    assert drift.verdict(index) == said


def test_numbers_fall_into_the_deciles_of_what_was_learnt(learn):
    kept = learn([facts(income=number) for number in range(1000)])["bins"]["income"]

    assert len(kept["edges"]) == 9
    assert all(95 <= count <= 105 for count in kept["counts"][:10])
    assert sum(kept["counts"]) == 1000


def test_few_different_numbers_get_a_bin_each(learn):
    kept = learn([facts(self_employed=int(n < 3)) for n in range(100)])["bins"]

    assert kept["self_employed"]["edges"] == [0.0]
    assert kept["self_employed"]["counts"] == [97, 3, 0, 0]


def test_texts_go_by_value_and_what_is_absent_is_a_bin(learn):
    rows = [facts(purpose="car")] * 6 + [facts(purpose="house")] * 3 + [facts()]
    kept = learn(rows)["bins"]["purpose"]

    assert kept["texts"] == ["car", "house"]
    # numbers (none), car, house, other texts, not stated
    assert kept["counts"] == [0, 6, 3, 0, 1]


def test_the_same_distribution_has_not_drifted(learn):
    dice = random.Random(4)
    rows = [
        facts(income=dice.gauss(0, 1), purpose=dice.choice("abc")) for _ in range(4000)
    ]

    verdicts = found(learn(rows[:3000]), rows[3000:])

    assert {each.verdict for each in verdicts.values()} == {"stable"}


def test_a_fact_that_moved_is_named_first(learn):
    dice = random.Random(4)
    old = [facts(income=dice.gauss(0, 1), age=dice.gauss(0, 1)) for _ in range(2000)]
    new = [facts(income=dice.gauss(0, 1), age=dice.gauss(1, 1)) for _ in range(1000)]

    told = drift.drift(learn(old), new).facts

    assert [(each.fact, each.verdict) for each in told] == [
        ("age", "shifted"),
        ("income", "stable"),
    ]


def test_a_fact_that_is_no_longer_stated_has_shifted(learn):
    rows = [facts(income=number, age=1) for number in range(1000)]

    told = found(learn(rows), [facts(age=1)] * 500)

    assert told["income"].verdict == "shifted"
    assert told["age"].verdict == "stable"


def test_with_few_cases_nothing_is_said_and_with_so_many_as_stated_it_is(learn):
    rows = [facts(income=number) for number in range(3000)]
    learnt = learn(rows)
    needed = drift.drift(learnt, rows[:10]).needed
    spread = rows[:: len(rows) // needed][:needed]

    few, enough = found(learnt, spread[:-1]), found(learnt, spread)

    assert (few["income"].psi, few["income"].verdict) == (None, "too_few")
    assert (len(spread), enough["income"].verdict) == (needed, "stable")


def test_so_few_were_learnt_from_that_no_number_of_new_cases_helps(learn):
    learnt = learn([facts(income=number) for number in range(50)])

    told = drift.drift(learnt, [facts(income=number) for number in range(900)])

    assert (told.needed, told.facts[0].verdict) == (None, "too_few")


def test_a_version_is_measured_with_the_bins_of_what_it_learnt(
    two_model_directories, learn, tmp_path
):
    learn([facts(income=number) for number in range(20)])
    (tmp_path / "eval.jsonl").write_text("")

    kept = evaluate_directory(
        two_model_directories[0], tmp_path / "train.jsonl", tmp_path / "eval.jsonl"
    )["facts"]

    assert kept["cases"] == 20
    assert kept["bins"]["income"]["counts"][-1] == 0


@pytest.mark.django_db
def test_only_cases_of_the_open_period_are_compared_and_a_new_one_counts_at_once(learn):
    learnt = learn([facts(income=number) for number in range(1000)])
    version = some_versions(1, facts=learnt)[0]
    now = timezone.now()
    recommended(version, now - timedelta(hours=1))
    period = serve(version, now)
    assert drift.of_period(period).cases == 0

    recommended(version, now)

    assert drift.of_period(period).cases == 1
    assert "too few to tell" in card()["sentence"]


@pytest.mark.django_db
def test_an_older_version_says_that_it_is_not_known():
    version = some_versions(1)[0]
    period = serve(version, timezone.now())

    assert drift.of_period(period).facts is None
    assert "Not known for this version" in card()["sentence"]

"""Is stated confidence kept: bins, intervals, the error, and what chance alone does."""

import math

import pytest

from mlops.evaluation.calibration import calibration, mean_miss
from mlops.models import ModelVersion
from tests.apis import a_model_version, a_sealed_version, person
from tests.mlops.people import browser, text


def told(*answers):
    """(confidence, whether right) as answers and decisions."""
    rows = [{"yes": confidence, "no": 1 - confidence} for confidence, _ in answers]
    return rows, ["yes" if right else "no" for _, right in answers]


def ten(confidence, right):
    return [(confidence, place < right) for place in range(10)]


def test_the_error_is_the_mean_distance_of_the_bins():
    found = calibration(*told(*ten(0.9, 9), *ten(0.6, 3)))

    low, high = found["bins"]
    assert (low["cases"], low["confidence"]) == (10, pytest.approx(0.6))
    assert (low["share"]["count"], low["share"]["of"]) == (3, 10)
    assert high["share"]["value"] == pytest.approx(0.9)
    assert found["cases"] == 20
    assert found["error"] == pytest.approx((10 * 0.3 + 10 * 0.0) / 20)


def test_there_are_ten_bins_of_equally_many_cases():
    found = calibration(*told(*[(0.5 + n / 250, True) for n in range(100)]))

    assert [each["cases"] for each in found["bins"]] == [10] * 10
    assert found["bins"][0]["highest"] < found["bins"][1]["lowest"]


def test_answers_of_one_confidence_are_not_torn_apart():
    found = calibration(*told(*[(0.8, n < 30) for n in range(40)], (0.9, True)))

    assert [each["cases"] for each in found["bins"]] == [40, 1]


def test_the_interval_is_wilsons():
    """81 of 263 and 15 of 148: Newcombe, Statistics in Medicine 17 (1998), table I."""
    found = calibration(*told(*[(0.6, n < 81) for n in range(263)]))
    other = calibration(*told(*[(0.6, n < 15) for n in range(148)]))

    for each, (low, high) in ((found, (0.2553, 0.3662)), (other, (0.0624, 0.1605))):
        share = each["bins"][0]["share"]
        assert (round(share["low"], 4), round(share["high"], 4)) == (low, high)


def test_fewer_cases_than_bins_make_a_bin_each():
    found = calibration(*told((0.6, True), (0.7, False), (0.8, True)))

    assert [each["cases"] for each in found["bins"]] == [1, 1, 1]


def test_without_cases_there_is_nothing_to_say():
    assert calibration([], []) is None


@pytest.mark.parametrize(("n", "chance"), [(1, 0.5), (7, 0.9), (20, 0.63), (9, 1 / 3)])
def test_what_chance_does_is_the_mean_over_all_outcomes(n, chance):
    outcomes = [
        math.comb(n, k) * chance**k * (1 - chance) ** (n - k) * abs(k / n - chance)
        for k in range(n + 1)
    ]

    assert mean_miss(n, chance) == pytest.approx(math.fsum(outcomes))


def test_who_is_certain_misses_nothing_by_chance():
    assert (mean_miss(10, 1.0), mean_miss(10, 0.0)) == (0.0, 0.0)


@pytest.fixture
def version(db, two_model_directories):
    dataset = a_sealed_version(person("Reviewer", "rita"))
    return a_model_version(dataset, two_model_directories[0])


def page_of(version, **evaluation):
    ModelVersion.objects.filter(pk=version.pk).update(evaluation=evaluation)
    return text(browser("Viewer").get(f"/mlops/models/{version.pk}/"))


def test_the_page_draws_it_with_a_title_a_description_and_a_table(version):
    kept = calibration(*told(*ten(0.9, 9), *ten(0.6, 3)))

    page = page_of(version, calibration=kept)

    assert "off by 15.0 percentage points on average" in page
    assert '<title id="reliability-title">Stated confidence' in page
    assert '<desc id="reliability-desc">The 20 held-out cases in 2 groups' in page
    assert page.count('class="dot"') == 2
    assert page.count('<td class="n">30.0 %</td>') == 1


def test_a_version_that_was_measured_before_has_no_such_section(version):
    assert "Is its confidence right?" not in page_of(version)


def test_both_confusion_matrices_are_on_the_page(version):
    def measured(counts):
        return {"confusion": {"labels": ["no", "yes"], "counts": counts}, "n": 50}

    ModelVersion.objects.filter(pk=version.pk).update(
        metrics=measured([[40, 2], [3, 5]])
    )
    page = page_of(
        version,
        champion={
            "model_version": {"id": "9", "name": "loans", "version": 7},
            "metrics": measured([[31, 11], [4, 4]]),
        },
    )

    mine, theirs = page.split('<table class="matrix">')[1:]
    assert '<td class="hit">40</td>' in mine
    assert "loans v7, then serving" in theirs
    assert '<td class="miss">11</td>' in theirs

"""A year of switches, asked about at every boundary."""

import random
from bisect import bisect_right
from datetime import UTC, datetime, timedelta

import pytest

from mlops.loading import STORE
from mlops.models import ServingPeriod
from mlops.services.periods import TICK
from mlops.services.serving import roll_back, select_version
from tests.apis import a_model_version, a_sealed_version, api, person
from training.errors import NotAllowedNow

pytestmark = pytest.mark.django_db

NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365).total_seconds()


def switch(chance, versions, by):
    """A select or a rollback at random; None where it changed nothing."""
    if chance.random() < 0.3:
        try:
            return roll_back(by=by)
        except NotAllowedNow:  # nothing served before
            return None
    period, changed = select_version(chance.choice(versions), by=by)
    return period if changed else None


def a_year(clock, count, versions, by):
    """When each switch was, and what it brought; some in one moment."""
    chance = random.Random(count)
    moment, told = NEW_YEAR, []
    while len(told) < count:
        gap = chance.choice([0.0, 1e-6, 2 * YEAR / count * chance.random()])
        clock.set(moment := max(NEW_YEAR, moment + timedelta(seconds=gap)))
        period = switch(chance, versions, by)
        if period is not None:
            told.append((period.since, str(period.model_version_id)))
    return told


@pytest.mark.parametrize("count", [30, pytest.param(1000, marks=pytest.mark.long)])
def test_at_every_boundary_and_a_microsecond_beside_it_the_right_version_is_told(
    clock, count, two_model_directories
):
    STORE.clear()
    theo = person("Operator")
    dataset = a_sealed_version(person("Reviewer"))
    versions = [a_model_version(dataset, files) for files in two_model_directories * 2]
    told = a_year(clock, count, versions, theo)
    since = [moment for moment, _version in told]
    clock.set(since[-1])
    viewer = api("Viewer")

    def at(moment):
        answer = viewer.get("serving/at", time=moment.isoformat())
        if answer.status_code == 404:
            return None
        return answer.json()["model_version"]["id"]

    assert since == sorted(set(since))
    assert ServingPeriod.objects.count() == count
    for moment in since:
        for asked in (moment - TICK, moment, moment + TICK):
            place = bisect_right(since, asked)
            assert at(asked) == (told[place - 1][1] if place else None), asked

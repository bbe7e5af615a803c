"""A year of switches, asked about at every boundary."""

import random
from bisect import bisect_right
from datetime import UTC, datetime, timedelta

import pytest

from mlops.models import ServingPeriod
from mlops.predictor_cache import STORE
from mlops.serving.off_switch import start_serving, stop_serving
from mlops.serving.periods import TICK
from mlops.serving.selection import roll_back, select_version
from tests.apis import a_model_version, a_sealed_version, api, person
from training.errors import NotAllowedNow

pytestmark = pytest.mark.django_db

STOPPED = "stopped"
NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365).total_seconds()


class Stack:
    """What should serve, told by a plain stack of selects."""

    def __init__(self):
        self.selects, self.is_stopped = [], False

    @property
    def serves(self):
        return None if self.is_stopped or not self.selects else self.selects[-1]

    def select(self, version):
        if not self.selects or self.selects[-1] != version:
            self.selects.append(version)
        self.is_stopped = False

    def roll_back(self):
        self.selects.pop()
        self.is_stopped = False


def switch(chance, versions, by, stack):
    """Select, roll back, stop or start at random; None where it changed nothing."""
    way = chance.random()
    try:
        if way < 0.3:
            period = roll_back(by=by)
            stack.roll_back()
            return period
        if way < 0.5:
            period, changed = stop_serving(by=by, reason="Odd.")
            stack.is_stopped = True
            return period if changed else None
        if way < 0.65:
            period = start_serving(by=by, reason="Fine.")
            stack.is_stopped = False
            return period
    except NotAllowedNow:  # nothing served before, nothing is stopped
        return None
    version = chance.choice(versions)
    period, changed = select_version(version, by=by)
    stack.select(version)
    return period if changed else None


def a_year(clock, count, versions, by):
    """When each switch was, and what it brought; some in one moment."""
    chance = random.Random(count)
    moment, told, stack = NEW_YEAR, [], Stack()
    while len(told) < count:
        gap = chance.choice([0.0, 1e-6, 2 * YEAR / count * chance.random()])
        clock.set(moment := max(NEW_YEAR, moment + timedelta(seconds=gap)))
        period = switch(chance, versions, by, stack)
        if period is not None:
            assert period.model_version == stack.serves
            told.append((period.since, period.model_version_id))
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
        version = answer.json()["model_version"]
        return int(version["id"]) if version else STOPPED

    assert since == sorted(set(since))
    assert ServingPeriod.objects.count() == count
    for moment in since:
        for asked in (moment - TICK, moment, moment + TICK):
            place = bisect_right(since, asked)
            expected = (told[place - 1][1] or STOPPED) if place else None
            assert at(asked) == expected, asked

"""The machine under any sequence of claims, ends, deaths, cancels and retries."""

from itertools import product

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.job_machine import SLOTS, Machine
from training.choices import JobStatus

pytestmark = pytest.mark.django_db


def test_the_machine_keeps_its_promises_in_any_order(settings):
    settings.TRAIN_SLOTS = SLOTS
    run_state_machine_as_test(Machine, settings=STEPS)


STEPS = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_every_pair_of_states_is_moved_between_or_refused():
    """One walk along every arrow; in each state every other move is tried in vain."""
    machine = Machine()
    try:
        for _step in every_arrow(machine):
            machine.every_row_is_as_the_model_says()
            machine.every_history_is_whole()
            machine.every_move_outside_the_table_is_refused()
    finally:
        machine.teardown()
    assert machine.tried.keys() == set(product(JobStatus.values, repeat=2))


def every_arrow(machine):
    machine.submit([3])
    (pk,) = machine.models
    yield machine.cancel(pk)
    yield machine.retry(pk)
    yield machine.claim()
    yield machine.die(pk)
    yield machine.run("timeout")
    yield machine.cancel(pk)
    yield machine.retry(pk)
    yield machine.wake_up_late("")
    yield machine.die(pk)
    yield machine.run("bad_data")
    yield machine.retry(pk)
    (claimed,) = machine.claimed()
    yield machine.give_in(claimed)
    yield machine.retry(pk)
    while machine.models[pk].status != "dead_letter":
        yield machine.run("worker_lost")
    yield machine.retry(pk)
    yield machine.run("")

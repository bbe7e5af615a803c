"""What a policy would have done: the same rules, over the approvals there were."""

from datetime import UTC, datetime, time, timedelta

import pytest

from tests.apis import api, person
from tests.training.test_auto_waiting import a_sample_made_at
from training.choices import JobFlow
from training.errors import InvalidInput
from training.models import AuditEvent, TrainingPolicy, TrainingRun
from training.services.policy.simulation import simulate

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def approvals(clock):
    """Makes samples at these hours before now, in the order they are given."""
    alice = person("Admin", "alice")

    def make(*hours_ago):
        clock.set(NOW)
        return [a_sample_made_at(NOW - timedelta(hours=h), alice) for h in hours_ago]

    return make


def a_policy(**changes):
    return TrainingPolicy(
        **{
            "min_new_samples": 2,
            "cooldown_minutes": 0,
            "undo_window_minutes": 0,
            **changes,
        }
    )


def hours_ago(simulation):
    return [(NOW - each.at) / timedelta(hours=1) for each in simulation.trainings]


def test_it_trains_whenever_enough_were_new(approvals):
    approvals(50, 40, 30, 20, 10)
    found = simulate(a_policy(), days=30)
    assert hours_ago(found) == [40, 20]
    assert [each.new_samples for each in found.trainings] == [2, 2]
    assert found.approvals == 5
    assert found.minutes > 0


def test_nothing_is_written_and_auto_need_not_be_on(approvals):
    approvals(5, 4)
    before = AuditEvent.objects.count()
    assert len(simulate(a_policy(auto_enabled=False)).trainings) == 1
    assert TrainingRun.objects.count() == 0
    assert AuditEvent.objects.count() == before


def test_the_undo_window_delays_it(approvals):
    approvals(5, 4)
    assert hours_ago(simulate(a_policy(undo_window_minutes=60))) == [3]


def test_the_cooldown_delays_it(approvals):
    approvals(5, 5, 4, 4)
    assert hours_ago(simulate(a_policy(cooldown_minutes=150))) == [5, 2.5]


def test_the_day_limits_it(approvals):
    approvals(9, 9, 8, 8)  # all on one day, from 03:00 on
    assert hours_ago(simulate(a_policy(runs_per_day=1))) == [9]


def test_the_hours_limit_it(approvals):
    approvals(9, 9)
    policy = a_policy(allowed_from=time(10), allowed_until=time(11))
    assert hours_ago(simulate(policy)) == [2]


def test_the_budget_limits_it(approvals):
    approvals(9, 9, 8, 8)
    assert simulate(a_policy(budget_minutes_per_day=0)).trainings == []
    assert len(simulate(a_policy(budget_minutes_per_day=15)).trainings) == 1


def test_the_schedule_trains_at_its_dates_if_something_is_new(approvals):
    approvals(40, 9, 6)
    policy = a_policy(
        min_new_samples=100, undo_window_minutes=600, batch_schedule="0 5 * * *"
    )
    found = simulate(policy, days=4)
    assert [each.flow for each in found.trainings] == [JobFlow.BATCH] * 2
    assert hours_ago(found) == [31, 7]
    assert [each.new_samples for each in found.trainings] == [1, 1]


def test_what_was_withdrawn_before_it_settled_does_not_count(approvals):
    first, _second = approvals(5, 4)
    type(first).objects.filter(pk=first.pk).update(
        withdrawn_at=first.created_at, in_until=first.in_from
    )
    assert simulate(a_policy(undo_window_minutes=60)).trainings == []


def test_only_the_days_asked_for_are_walked(approvals):
    approvals(50, 49, 5)
    found = simulate(a_policy(), days=1)
    assert found.approvals == 1
    assert hours_ago(found) == [24]  # two were new when the period began


@pytest.mark.parametrize("days", [0, 367])
def test_a_period_that_cannot_be_is_refused(days):
    with pytest.raises(InvalidInput):
        simulate(a_policy(), days=days)


def test_the_api_tries_a_policy_without_saving_it(approvals):
    approvals(5, 4)
    viewer = api("Viewer")
    body = {"min_new_samples": 2, "undo_window_minutes": 0, "days": 7}
    answer = viewer.post("training/auto/simulate", body)
    assert answer.status_code == 200
    assert len(answer.json()["trainings"]) == 1
    assert TrainingPolicy.objects.get().min_new_samples == 50
    refused = viewer.post("training/auto/simulate", {"allowed_from": "09:00"})
    assert (refused.status_code, refused.json()["code"]) == (409, "rules_conflict")

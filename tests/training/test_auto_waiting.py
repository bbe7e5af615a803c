"""What Auto waits for: the undo window, its hours and minutes, a hold."""

from datetime import date, time, timedelta

import pytest

from mlops.models import ServingState
from tests.apis import a_case, a_job, a_run, a_sealed_version, an_approved_case, person
from training.choices import (
    DatasetStatus,
    GateStatus,
    JobFlow,
    ReviewAction,
    ReviewSource,
    Trigger,
)
from training.models import (
    AuditEvent,
    AutoDecision,
    BudgetEntry,
    DatasetVersion,
    SamplePlace,
)
from training.records import record_of
from training.services.cases.approvals import (
    ReviewInput,
    approve_case,
    withdraw_approval,
)
from training.services.datasets.versions import enter_open_version
from training.services.policy import auto_decisions, policies
from training.services.policy.auto_rules import at_hour, company_day
from training.services.runs import submissions

pytestmark = pytest.mark.django_db
WINDOW = {"undo_window_minutes": 10}


@pytest.fixture
def alice():
    return person("Admin", "alice")


@pytest.fixture
def policy(alice):
    """Everything holds, but for what a test asks for."""

    def change(**changes):
        return policies.change_policy(
            by=alice,
            **{
                "auto_enabled": True,
                "min_new_samples": 1,
                "cooldown_minutes": 0,
                "undo_window_minutes": 0,
                **changes,
            },
        )

    return change


def approve(alice, case=None, **source):
    return approve_case(
        case or a_case(), ReviewInput(decision="deny"), by=alice, **source
    )


def a_sample_made_at(moment, by):
    case = a_case()
    review = case.reviews.create(
        action=ReviewAction.APPROVE, decision="deny", source=ReviewSource.PAGE, by=by
    )
    return enter_open_version(
        by=by,
        case=case,
        review=review,
        instruction="",
        input="",
        output="deny",
        facts=case.facts,
        decision="deny",
        facts_sha256=case.facts_sha256,
        held_out=False,
        source=review.source,
        reviewer=by,
        gate_status=GateStatus.CANDIDATE,
        created_at=moment,
    )


def failing(decision):
    return [rule["rule"] for rule in decision.rules if not rule["ok"]]


def rule(decision, name):
    return next(rule for rule in decision.rules if rule["rule"] == name)


def test_an_approval_that_can_still_be_taken_back_does_not_train(alice, policy):
    policy(**WINDOW)
    approval = approve(alice)
    assert failing(approval.auto) == ["undo_window"]
    expected = approval.sample.created_at + timedelta(minutes=10)
    assert rule(approval.auto, "undo_window")["next_possible"] == expected.isoformat()


def test_it_trains_when_the_window_has_passed(alice, policy, clock):
    policy(**WINDOW)
    case = approve(alice).case
    clock.advance(minutes=9)
    assert auto_decisions.reconsider() is None
    clock.advance(minutes=2)
    decision = auto_decisions.reconsider()
    assert decision.submitted
    assert (decision.trigger, decision.case) == (Trigger.UNDO_WINDOW, case)
    assert decision.job.flow == JobFlow.AUTO


def test_what_was_taken_back_in_time_is_not_trained(alice, policy, clock):
    policy(**WINDOW)
    case = approve(alice).case
    withdraw_approval(case, by=alice)
    clock.advance(minutes=11)
    assert failing(auto_decisions.reconsider()) == ["new_samples"]
    assert auto_decisions.reconsider() is None
    assert DatasetVersion.objects.get().status == DatasetStatus.OPEN


def test_that_the_window_has_passed_is_told_once_where_another_rule_fails(
    alice, policy, clock
):
    policy(**WINDOW)
    a_job()  # a training is running
    approve(alice)
    clock.advance(minutes=11)
    decision = auto_decisions.reconsider()
    assert not decision.submitted
    assert decision.trigger == Trigger.UNDO_WINDOW
    assert failing(decision) == ["no_training_running"]
    assert auto_decisions.reconsider() is None
    assert AutoDecision.objects.count() == 2


def test_only_what_has_settled_is_learnt_and_the_rest_comes_next(alice, policy, clock):
    policy(**WINDOW)
    settled = approve(alice).sample
    clock.advance(minutes=11)
    young = a_sample_made_at(clock(), alice)
    decision = auto_decisions.reconsider()
    assert decision.submitted
    frozen = decision.job.run.dataset_version
    assert list(frozen.samples()) == [settled]
    young.refresh_from_db()
    following = DatasetVersion.objects.open().get()
    assert young.in_from == following
    assert following.number == frozen.number + 1
    assert set(following.samples()) == {settled, young}
    moved = AuditEvent.objects.get(action="dataset.samples_moved")
    assert moved.subject_id == str(following.pk)
    assert moved.records == [record_of(SamplePlace.of(young))]


def test_a_replayed_decision_has_no_undo_window(alice, policy):
    policy(**WINDOW)
    assert approve(alice, source=ReviewSource.REPLAY).auto.submitted


def test_the_undo_window_has_no_say_while_samples_are_missing(alice, policy):
    policy(min_new_samples=2, **WINDOW)
    decision = approve(alice).auto
    assert failing(decision) == ["new_samples"]
    assert rule(decision, "undo_window")["value"] is None


def test_batch_does_not_wait_for_the_undo_window(alice, policy):
    policy(**WINDOW)
    sample = approve(alice).sample
    run = submissions.seal_and_train(DatasetVersion.objects.open().get(), by=alice)
    assert list(run.dataset_version.samples()) == [sample]


@pytest.mark.parametrize(
    ("begin", "end", "hour", "allowed"),
    [
        (time(9), time(18), time(8, 59), False),
        (time(9), time(18), time(9), True),
        (time(9), time(18), time(18), False),
        (time(22), time(6), time(23), True),
        (time(22), time(6), time(5, 59), True),
        (time(22), time(6), time(6), False),
    ],
)
def test_the_hours_are_those_of_the_company(
    alice, policy, clock, settings, begin, end, hour, allowed
):
    settings.TIME_ZONE = "Asia/Seoul"
    policy(allowed_from=begin, allowed_until=end)
    clock.set(at_hour(date(2026, 11, 23), hour))
    assert clock().utcoffset() == timedelta(hours=9)
    decision = approve(alice).auto
    assert ("allowed_hours" not in failing(decision)) == allowed
    if not allowed:
        opening = rule(decision, "allowed_hours")["next_possible"]
        assert opening.endswith(f"{begin:%H:%M}:00+09:00")


def test_minutes_that_auto_used_today_count(alice, policy):
    policy(minutes_per_day=30)
    used = a_job(status="completed", flow=JobFlow.AUTO)
    entry = BudgetEntry.objects.create(
        job=used,
        charged_on=company_day(used.created_at),
        reserved_minutes=29.5,
        minutes=29.5,
    )
    assert failing(approve(alice).auto) == ["minutes_per_day"]
    BudgetEntry.objects.filter(pk=entry.pk).update(
        charged_on=entry.charged_on - timedelta(days=1)
    )
    assert approve(alice).auto.submitted


def test_minutes_of_trainings_by_hand_are_not_autos(alice, policy):
    policy(minutes_per_day=30)
    by_hand = a_job(status="completed", flow=JobFlow.INTERACTIVE)
    BudgetEntry.objects.create(
        job=by_hand,
        charged_on=company_day(by_hand.created_at),
        reserved_minutes=90,
        minutes=90,
    )
    assert approve(alice).auto.submitted


def test_without_budget_left_auto_waits_for_the_next_day(alice, policy):
    policy(budget_minutes_per_day=15)
    spent = a_job(status="completed")
    BudgetEntry.objects.create(
        job=spent,
        charged_on=company_day(spent.created_at),
        reserved_minutes=14,
        minutes=14,
    )
    decision = approve(alice).auto
    assert failing(decision) == ["budget"]
    assert rule(decision, "budget")["next_possible"] is not None


def test_a_hold_stops_auto_until_it_is_lifted(alice, policy):
    policy()
    held = ServingState.objects.get()
    ServingState.objects.update(hold_since=alice.date_joined, hold_by=alice)
    assert failing(approve(alice).auto) == ["not_on_hold"]
    assert auto_decisions.reconsider() is None
    ServingState.objects.filter(pk=held.pk).update(hold_since=None, hold_by=None)
    later = auto_decisions.reconsider()
    assert later.submitted
    assert later.trigger == Trigger.WAITING


def test_the_policy_may_train_on_while_promotion_is_on_hold(alice, policy):
    policy(trains_while_on_hold=True)
    ServingState.objects.update(hold_since=alice.date_joined, hold_by=alice)
    assert approve(alice).auto.submitted


def test_a_training_on_an_old_dataset_makes_nothing_new_again(alice, policy):
    first = a_sealed_version(alice, size=2)
    second = a_sealed_version(alice, size=2)
    a_run(second, by=alice)
    a_run(first, by=alice)
    assert auto_decisions.training_state(policies.policy()).new == 0
    an_approved_case(alice)
    assert auto_decisions.training_state(policies.policy()).new == 1


def test_what_was_left_for_the_next_version_is_not_forgotten(alice, policy, clock):
    policy(**WINDOW)
    approve(alice)
    clock.advance(minutes=11)
    young = a_sample_made_at(clock(), alice)
    first = auto_decisions.reconsider()
    assert first.submitted
    assert auto_decisions.reconsider() is None  # the first is still training
    first.job.__class__.objects.update(status="completed", finished_at=clock())
    clock.advance(minutes=11)
    second = auto_decisions.reconsider()
    assert second.submitted
    assert young in second.job.run.dataset_version.samples()


def test_auto_acts_as_the_system_whoever_approved_last(alice, policy):
    policy()
    decision = approve(alice).auto
    assert decision.job.created_by is None
    events = AuditEvent.objects.filter(action__in=["dataset.frozen", "job.submitted"])
    assert {event.actor for event in events} <= {None}


def test_no_time_is_promised_where_waiting_does_not_help(alice, policy):
    policy(budget_minutes_per_day=0, minutes_per_day=0)
    decision = approve(alice).auto
    assert failing(decision) == ["minutes_per_day", "budget"]
    assert rule(decision, "budget")["next_possible"] is None
    assert rule(decision, "minutes_per_day")["next_possible"] is None

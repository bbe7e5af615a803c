"""Auto: each rule, the card that explains it, and one job for two approvals."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.apis import a_case, a_job, a_run, a_sealed_version, an_approved_case, person
from training.choices import DatasetStatus, JobFlow, JobStatus, ReviewSource
from training.errors import InvalidInput
from training.models import AuditEvent, AutoDecision, DatasetVersion, PipelineJob
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.policy import auto_decisions, policies

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return person("Admin", "alice")


@pytest.fixture
def sealed(alice):
    """A version to have been trained; ask for it before ``ready``."""
    return a_sealed_version(alice, size=2)


@pytest.fixture
def ready(alice):
    """Everything holds: the next approval trains."""
    policies.change_policy(
        by=alice,
        auto_enabled=True,
        min_new_samples=1,
        cooldown_minutes=0,
        undo_window_minutes=0,
    )


def approve(alice, **source):
    return approve_case(a_case(), ReviewInput(decision="deny"), by=alice, **source)


def failing(decision):
    return [rule["rule"] for rule in decision.rules if not rule["ok"]]


def test_an_approval_that_meets_every_rule_submits_one_job(alice, ready):
    decision = approve(alice).auto
    assert decision.submitted
    assert failing(decision) == []
    assert decision.job.flow == JobFlow.AUTO
    version = decision.job.run.dataset_version
    assert version.status == DatasetStatus.SEALING
    assert version.sealing_job == decision.job


def test_the_next_approval_does_not_submit_another_while_it_runs(alice, ready):
    approve(alice)
    second = approve(alice).auto
    assert not second.submitted
    assert failing(second) == ["no_training_running"]
    assert PipelineJob.objects.count() == 1


@pytest.mark.parametrize("rule", ["switched_on", "training_enabled", "new_samples"])
def test_the_card_names_exactly_the_rule_that_fails(alice, ready, settings, rule):
    if rule == "switched_on":
        policies.change_policy(by=alice, auto_enabled=False)
    elif rule == "training_enabled":
        settings.TRAINING_JOBS_ENABLED = False
    else:
        policies.change_policy(by=alice, min_new_samples=2)
    decision = approve(alice).auto
    assert failing(decision) == [rule]
    assert DatasetVersion.objects.get().status == DatasetStatus.OPEN


def test_the_cooldown_says_when_it_will_be_over(alice, sealed, ready):
    a_run(sealed, by=alice)
    policies.change_policy(by=alice, cooldown_minutes=30)
    decision = approve(alice).auto
    assert failing(decision) == ["cooldown"]
    rule = next(rule for rule in decision.rules if rule["rule"] == "cooldown")
    expected = PipelineJob.objects.get().created_at + timedelta(minutes=30)
    assert rule["next_possible"] == expected.isoformat()


def test_automatic_runs_are_counted_per_day(alice, sealed, ready):
    policies.change_policy(by=alice, runs_per_day=1)
    a_run(sealed, by=alice, flow=JobFlow.AUTO)
    decision = approve(alice).auto
    assert failing(decision) == ["runs_per_day"]
    PipelineJob.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert approve(alice).auto.submitted


def test_a_training_by_hand_does_not_use_up_the_automatic_ones(alice, sealed, ready):
    policies.change_policy(by=alice, runs_per_day=1)
    a_run(sealed, by=alice, flow=JobFlow.INTERACTIVE)
    assert approve(alice).auto.submitted


def test_only_samples_since_the_last_training_are_new(alice, sealed):
    a_run(sealed, by=alice)
    policy = policies.policy()
    assert auto_decisions.training_state(policy).new == 0
    an_approved_case(alice)
    assert auto_decisions.training_state(policy).new == 1


def test_bulk_approvals_count_only_if_the_policy_says_so(alice):
    approve(alice, source=ReviewSource.BULK)
    assert auto_decisions.training_state(policies.policy()).new == 0
    changed = policies.change_policy(by=alice, bulk_counts_for_auto=True)
    assert auto_decisions.training_state(changed).new == 1


def test_the_settings_page_overrides_the_environment(alice, settings):
    settings.AUTO_TRAIN_ON_APPROVAL = True
    policy = policies.policy()
    assert policies.is_enabled(policy)
    assert policies.switched_by(policy) == "environment"
    policy = policies.change_policy(by=alice, auto_enabled=False)
    assert not policies.is_enabled(policy)
    assert policies.switched_by(policy) == "policy"


def test_a_change_of_the_policy_is_audited_with_before_and_after(alice):
    policies.change_policy(by=alice, min_new_samples=5)
    event = AuditEvent.objects.get(action="policy.changed")
    assert event.actor == alice
    assert event.detail["before"] == {"min_new_samples": 50}
    assert event.detail["after"] == {"min_new_samples": 5}
    policies.change_policy(by=alice, min_new_samples=5)
    assert AuditEvent.objects.filter(action="policy.changed").count() == 1


@pytest.mark.parametrize(
    "changes", [{"min_new_samples": 0}, {"min_confidence": 2}, {"colour": "blue"}]
)
def test_an_impossible_policy_is_refused_and_nothing_changes(alice, changes):
    with pytest.raises(InvalidInput):
        policies.change_policy(by=alice, cooldown_minutes=7, **changes)
    assert policies.policy().cooldown_minutes == 60


def test_every_approval_leaves_its_card(alice):
    case = an_approved_case(alice)
    card = AutoDecision.objects.get(case=case)
    assert {"rule", "value", "limit", "ok", "next_possible"} == card.rules[0].keys()


def test_a_failed_training_does_not_block_auto_for_ever(alice, ready):
    a_job(status=JobStatus.FAILED)
    assert approve(alice).auto.submitted


def test_what_only_had_to_wait_is_trained_once_it_may(alice, sealed, ready):
    a_run(sealed, by=alice)
    policies.change_policy(by=alice, cooldown_minutes=30)
    waiting = approve(alice).auto
    assert failing(waiting) == ["cooldown"]
    assert auto_decisions.reconsider() is None

    PipelineJob.objects.update(created_at=timezone.now() - timedelta(minutes=31))
    later = auto_decisions.reconsider()
    assert later.submitted
    assert later.case == waiting.case
    assert auto_decisions.reconsider() is None


def test_nothing_is_trained_without_an_approval_that_waited(alice):
    approve(alice)  # Auto is off: this approval did not wait, it was not meant
    policies.change_policy(
        by=alice,
        auto_enabled=True,
        min_new_samples=1,
        cooldown_minutes=0,
        undo_window_minutes=0,
    )
    assert auto_decisions.reconsider() is None


def test_an_approval_stands_when_auto_cannot_be_judged(alice, ready, monkeypatch):
    def broken(*_read):
        raise RuntimeError("the rules cannot be judged")

    monkeypatch.setattr(auto_decisions, "rules_now", broken)
    approval = approve(alice)
    assert approval.sample.in_from is not None
    assert failing(approval.auto) == ["judged"]

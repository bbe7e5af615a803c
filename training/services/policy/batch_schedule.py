"""The schedule of Batch: at its dates, seal and train, and say why or why not.

A date is met by one decision, whichever worker comes first: the database keeps dates
unique. Of several that were missed, the last one is met, once.
"""

from dataclasses import replace
from datetime import datetime

from django.db import IntegrityError, transaction

from preciso import clock
from training.choices import JobFlow, Trigger
from training.errors import DomainError
from training.models import AutoDecision, PipelineJob, TrainingPolicy
from training.rule_results import RuleResult, all_hold
from training.schedules import last_date, next_dates
from training.services.datasets import versions
from training.services.policy.auto_decisions import samples_after, training_state
from training.services.policy.auto_rules import SCHEDULE_RULES, apply_rules
from training.services.policy.last_trainings import training_history
from training.services.policy.policies import locked_policy, policy
from training.services.runs import submissions


def run_schedule() -> AutoDecision | None:
    """Meet the date that is due, if one is. Harmless when several workers do it."""
    due = due_date(policy(), clock.database_now())
    if due is None:
        return None
    try:
        return _decide(due)
    except IntegrityError:  # another worker met it
        return None


def due_date(policy: TrainingPolicy, now: datetime) -> datetime | None:
    """The latest date of the schedule that no decision has met yet."""
    since = policy.batch_schedule_since
    if not policy.batch_schedule or since is None:
        return None
    decisions = AutoDecision.objects.filter(trigger=Trigger.SCHEDULE).order_by(
        "-due_at"
    )
    last = decisions.values_list("due_at", flat=True).first()
    after = max(since, last) if last else since
    return last_date(policy.batch_schedule, after=after, until=now)


def coming_dates(policy: TrainingPolicy, count: int = 5) -> list[datetime]:
    if not policy.batch_schedule:
        return []
    return next_dates(policy.batch_schedule, clock.database_now(), count)


@transaction.atomic
def _decide(due: datetime) -> AutoDecision | None:
    policy = locked_policy()
    if (
        due_date(policy, clock.database_now()) != due
    ):  # met, or the schedule was changed
        return None
    # Whatever was approved counts here: undo window and bulk approvals are Auto's.
    stands = training_state(policy)
    new = samples_after(training_history(stands.now).number).count()
    stands = replace(stands, new=new)
    rules = apply_rules(SCHEDULE_RULES, policy, stands)
    job = None
    if all_hold(rules):
        try:
            job = _seal_and_train(policy)
        except DomainError as refusal:
            rules.append(RuleResult("submitted", refusal.as_json(), None, False))
    following = next_dates(policy.batch_schedule, clock.database_now(), 1)
    return AutoDecision.objects.create(
        trigger=Trigger.SCHEDULE,
        due_at=due,
        submitted=job is not None,
        rules=[_as_decided(rule, following[0]) for rule in rules],
        job=job,
    )


def _as_decided(rule: RuleResult, following: datetime) -> dict[str, object]:
    """What failed is looked at again at the schedule's next date, not before."""
    result = rule.as_json()
    if not rule.ok:
        result["next_possible"] = following.isoformat()
    return result


@transaction.atomic
def _seal_and_train(policy: TrainingPolicy) -> PipelineJob:
    version, _is_new = versions.open_version(by=None)
    run = submissions.freeze_and_submit(
        version, by=None, flow=JobFlow.BATCH, scope=policy.training_scope
    )
    return run.job

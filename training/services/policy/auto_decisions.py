"""Auto: an approval may start a training. How things stand, and each decision.

Rules (``auto_rules``) are looked at without a lock; only when all of them hold is the
policy row locked and every rule looked at again, so two approvals at once submit one
job.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import (
    Q,
    Sum,
)

from preciso import clock
from training import ports
from training.choices import JobFlow, JobKind, ReviewSource, Trigger
from training.errors import DomainError
from training.models import (
    AutoDecision,
    BudgetEntry,
    Case,
    DatasetVersion,
    PipelineJob,
    Sample,
    TrainingPolicy,
)
from training.models.datasets import SampleQuerySet
from training.rule_results import RuleResult, all_hold
from training.services.budget import ledger
from training.services.datasets import versions
from training.services.policy.auto_rules import (
    AUTO_RULES,
    TEMPORARY_RULES,
    TrainingState,
    apply_rules,
    company_day,
)
from training.services.policy.last_trainings import training_history
from training.services.policy.policies import (
    PolicyAndTime,
    is_enabled,
    locked_policy,
    policy,
    policy_and_time,
)
from training.services.runs import submissions

logger = logging.getLogger(__name__)
COUNTED_TO = 1_000  # new samples; an approval does not wait for more to be counted


def samples_after(number: int) -> SampleQuerySet:
    """What was collected since the training of that dataset version."""
    return Sample.objects.collected().filter(in_from__gt=number)


def new_samples(policy: TrainingPolicy, number: int) -> SampleQuerySet:
    """The same, as far as it counts for Auto."""
    samples = samples_after(number)
    if not policy.bulk_counts_for_auto:
        samples = samples.exclude(source=ReviewSource.BULK)
    return samples


def _unsettled(policy: TrainingPolicy, now: datetime) -> Q:
    """Can still be taken back. A replayed decision has no undo window."""
    window = timedelta(minutes=policy.undo_window_minutes)
    return Q(created_at__gt=now - window) & ~Q(source=ReviewSource.REPLAY)


def unsettled_samples(policy: TrainingPolicy, now: datetime) -> SampleQuerySet:
    """New samples whose approval can still be taken back."""
    return new_samples(policy, training_history(now).number).filter(
        _unsettled(policy, now)
    )


def training_state(
    policy: TrainingPolicy, now: datetime | None = None
) -> TrainingState:
    """How things stand, for the rules to look at.

    ``now`` is by the database's clock, which is asked where nobody has.
    """
    now = now or clock.database_now()
    before = training_history(now)
    samples = new_samples(policy, before.number)
    young = samples.filter(_unsettled(policy, now))
    new, settled = _counted(policy, samples, young)
    return TrainingState(
        now=now,
        enabled=is_enabled(policy),
        training_enabled=bool(settings.TRAINING_JOBS_ENABLED),
        new=new,
        settled=settled,
        settles_at=_settles_at(policy, young, new, settled),
        last_training_at=before.last_at,
        auto_runs_today=before.by_auto_today,
        auto_minutes_today=_auto_minutes(policy, now),
        trainings_active=PipelineJob.objects.active()
        .filter(kind=JobKind.TRAIN)
        .count(),
        on_hold=ports.promotion_on_hold(),
        minutes_needed=ledger.minutes_needed(policy),
        minutes_left=ledger.minutes_left(policy, now),
    )


def _counted(
    policy: TrainingPolicy, samples: SampleQuerySet, young: SampleQuerySet
) -> tuple[int, int]:
    """New samples, and the settled ones: exact as far as the policy looks."""
    most = max(COUNTED_TO, policy.min_new_samples)
    new = samples[:most].count()
    if new < policy.min_new_samples or not policy.undo_window_minutes:
        return new, new  # then the undo window has no say
    return new, new - young[:most].count()


def _auto_minutes(policy: TrainingPolicy, now: datetime) -> float:
    if policy.minutes_per_day is None:
        return 0.0
    today = BudgetEntry.objects.filter(
        charged_on=company_day(now), job__flow=JobFlow.AUTO
    )
    return today.aggregate(sum=Sum("minutes"))["sum"] or 0.0


def _settles_at(
    policy: TrainingPolicy, young: SampleQuerySet, new: int, settled: int
) -> datetime | None:
    """When the last sample that is needed has passed its undo window."""
    missing = policy.min_new_samples - settled
    if missing <= 0 or new < policy.min_new_samples:
        return None
    times = young.order_by("created_at").values_list("created_at", flat=True)
    last: datetime | None = times[missing - 1 : missing].first()
    return last and last + timedelta(minutes=policy.undo_window_minutes)


def rules_now(policy: TrainingPolicy, now: datetime | None = None) -> list[RuleResult]:
    """Every rule as it stands now; writes nothing."""
    return apply_rules(AUTO_RULES, policy, training_state(policy, now))


def consider(case: Case | None, read: PolicyAndTime | None = None) -> AutoDecision:
    """Decide whether Auto trains now, and keep the decision with its reasons.

    What Auto does the system does, not the reviewer whose approval came last: whoever
    reviews may not be allowed to seal or train. The case says what caused it. ``read``
    is the policy as it was read a moment ago; before anything is trained it is read
    again, under its lock.
    """
    rules, trigger = rules_now(*(read or policy_and_time())), Trigger.APPROVAL
    if all_hold(rules):
        return _submit_if_still_due(case, trigger)
    return _keep(rules, trigger=trigger, case=case)


def _keep(
    rules: list[RuleResult],
    *,
    trigger: Trigger,
    case: Case | None,
    job: PipelineJob | None = None,
) -> AutoDecision:
    return AutoDecision.objects.create(
        submitted=job is not None,
        rules=[rule.as_json() for rule in rules],
        trigger=trigger,
        case=case,
        job=job,
    )


def consider_after_approval(case: Case, read: PolicyAndTime) -> AutoDecision:
    """``consider``; where that fails, the approval stands all the same.

    The failure is logged and shown on the card, and no decision is stored. The next
    approval judges everything that has collected by then.
    """
    try:
        return consider(case, read)
    except Exception:
        logger.exception("Auto could not be judged after case %s", case)
        failed = RuleResult("judged", False, True, False).as_json()
        return AutoDecision(submitted=False, rules=[failed], case=case)


def reconsider() -> AutoDecision | None:
    """Decide again once the last approval has waited long enough.

    Trains if it only had to wait and now every rule holds: its undo window has passed,
    a pause or a day is over, a running training ended. That the undo window has passed
    is told even where something else still fails; waiting on is no decision.
    """
    last = (
        AutoDecision.objects.exclude(trigger=Trigger.SCHEDULE).order_by("-pk").first()
    )
    if last is None or last.submitted:
        return None
    failed = {rule["rule"] for rule in last.rules if not rule["ok"]}
    if not failed <= TEMPORARY_RULES:
        return None
    rules = rules_now(policy())
    window_holds = all(rule.ok for rule in rules if rule.rule == "undo_window")
    settled = "undo_window" in failed and window_holds
    trigger = Trigger.UNDO_WINDOW if settled else Trigger.WAITING
    if all_hold(rules):
        return _submit_if_still_due(last.case, trigger)
    return _keep(rules, trigger=trigger, case=last.case) if settled else None


@transaction.atomic
def _submit_if_still_due(case: Case | None, trigger: Trigger) -> AutoDecision:
    policy = locked_policy()
    rules, job, left = rules_now(policy), None, 0
    if all_hold(rules):
        try:
            job, left = _train_what_is_settled(policy)
        except DomainError as refusal:
            rules.append(RuleResult("submitted", refusal.as_json(), None, False))
    decision = _keep(rules, trigger=trigger, case=case, job=job)
    if left:  # they have waited since before this training: it is their turn to wait
        _keep(rules_now(policy), trigger=Trigger.WAITING, case=None)
    return decision


@transaction.atomic
def _train_what_is_settled(policy: TrainingPolicy) -> tuple[PipelineJob, int]:
    """Freeze the version and submit; what can still be taken back goes into the next.

    Returns the job, and how many samples were left for the next. Locking the version
    keeps approvals from entering it meanwhile.
    """
    versions.open_version(by=None)
    version = DatasetVersion.objects.open().select_for_update().get()
    young = _unsettled(policy, clock.database_now())
    parked = Sample.objects.filter(young, in_from=version, in_until=None).update(
        in_from=None
    )
    run = submissions.freeze_and_submit(
        version, by=None, flow=JobFlow.AUTO, scope=policy.training_scope
    )
    if parked:
        versions.take_in_parked()
    return run.job, parked

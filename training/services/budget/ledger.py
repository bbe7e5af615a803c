"""The training budget: reserved before a training is submitted, settled at its end.

Everybody's trainings together, per day and per month of the company's time zone. Who
reserves holds the policy row, so two at once cannot both take the last minutes. The
policy row is locked before any job or dataset row: who writes such a row first calls
``locked_policy`` before.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum

from preciso import clock
from preciso.clock import DatabaseNow
from training.choices import JOB_ENDED, TrainingScope
from training.errors import NotAllowedNow
from training.models import (
    BudgetEntry,
    DatasetVersion,
    JobAttempt,
    PipelineJob,
    TrainingPolicy,
    TrainingRun,
)
from training.services.budget.allowance import Allowance, BudgetPeriod, budget_refusal
from training.services.budget.estimates import estimate, minutes_of, samples_to_learn
from training.services.policy.auto_rules import (
    MinutesLeft,
    company_day,
    next_midnight,
    next_month,
)
from training.services.policy.policies import locked_policy


class BudgetExceeded(NotAllowedNow):
    """The budget has less left than the training may need."""

    code = "budget_exceeded"


@dataclass(frozen=True)
class Admission:
    """The budget had room for so many minutes; holds until the transaction ends."""

    minutes: float
    charged_on: date
    price_per_minute: Decimal


def allowance(
    policy: TrainingPolicy, now: datetime, *, excluding: PipelineJob | None = None
) -> Allowance:
    """What is allowed and taken today and this month, without the job ``excluding``.

    Days and months are those of the company's time zone.
    """
    today, month_ends = company_day(now), next_month(now)
    entries = BudgetEntry.objects.filter(
        charged_on__gte=today.replace(day=1), charged_on__lt=company_day(month_ends)
    )
    if excluding is not None:
        entries = entries.exclude(job=excluding)
    used = entries.aggregate(
        day=Sum("minutes", filter=Q(charged_on=today), default=0.0),
        month=Sum("minutes", default=0.0),
    )
    return Allowance(
        day=BudgetPeriod(
            policy.budget_minutes_per_day, used["day"], next_midnight(now)
        ),
        month=BudgetPeriod(policy.budget_minutes_per_month, used["month"], month_ends),
    )


def minutes_left(policy: TrainingPolicy, now: datetime) -> MinutesLeft:
    """The minutes left, as the rules of Auto look at them."""
    limits = (policy.budget_minutes_per_day, policy.budget_minutes_per_month)
    if limits == (None, None):
        return MinutesLeft()
    left = allowance(policy, now)
    return MinutesLeft(day=left.day.left, month=left.month.left)


def minutes_needed(policy: TrainingPolicy) -> float:
    """What the next training of Auto would reserve; 0 where nothing limits minutes.

    Asked with every approval, so it looks at nothing that no rule will look at.
    """
    limits = (
        policy.budget_minutes_per_day,
        policy.budget_minutes_per_month,
        policy.minutes_per_day,
    )
    if all(limit is None for limit in limits):
        return 0.0
    version, scope = DatasetVersion.objects.open().first(), policy.training_scope
    samples = samples_to_learn(version, scope) if version else 0
    return estimate(settings.TRAINER, samples, scope=scope).high_minutes


def admit(
    version: DatasetVersion, trainer: str, *, scope: str = TrainingScope.ALL
) -> Admission:
    """Find room for a new training, with the policy row locked from here on.

    Call inside a transaction, and ``reserve`` in the same one. Raises BudgetExceeded
    with how much is left, how much it needs and when there is more.
    """
    policy = locked_policy()
    needed = estimate(trainer, samples_to_learn(version, scope), scope=scope)
    return _admitted(policy, needed.high_minutes)


def admit_again(job: PipelineJob) -> Admission | None:
    """As ``admit``, for a training that has ended and is to be tried again.

    None for a job that is no training: it costs nothing of the budget. The entry
    counts as a whole on the day of the latest reservation: what the job has used so
    far, and what the next attempt may need.
    """
    run = TrainingRun.objects.select_related("dataset_version").filter(job=job).first()
    if run is None:
        return None
    policy = locked_policy()
    needed = estimate(
        run.trainer,
        samples_to_learn(run.dataset_version, run.scope),
        scope=run.scope,
    )
    return _admitted(policy, minutes_used(job) + needed.high_minutes, job)


def _admitted(
    policy: TrainingPolicy, needed: float, job: PipelineJob | None = None
) -> Admission:
    now = clock.database_now()
    why = budget_refusal(allowance(policy, now, excluding=job), needed)
    if why:
        raise BudgetExceeded(why)
    return Admission(needed, company_day(now), policy.price_per_minute)


def reserve(job: PipelineJob, admission: Admission) -> BudgetEntry:
    """Write down what the training may cost, in the transaction that admitted it."""
    entry, _created = BudgetEntry.objects.update_or_create(
        job=job,
        defaults={
            "charged_on": admission.charged_on,
            "reserved_minutes": admission.minutes,
            "minutes": admission.minutes,
            "price_per_minute": admission.price_per_minute,
            "settled_at": None,
        },
    )
    return entry


def minutes_used(job: PipelineJob) -> float:
    """What all ended attempts of the job really took."""
    ended = JobAttempt.objects.filter(job=job, ended_at__isnull=False)
    return sum(minutes_of(attempt) for attempt in ended)


def settle(job: PipelineJob) -> None:
    """Charge an ended job what it took; 0 where it never started. Harmless twice.

    Call in the transaction that ends the job, after its attempt was ended.
    """
    BudgetEntry.objects.filter(job=job, settled_at=None).update(
        minutes=minutes_used(job), settled_at=DatabaseNow()
    )


def settle_forgotten() -> int:
    """Settle what an end that told nobody left reserved; returns how many.

    Each job is locked and looked at again, so that a Retry at the same moment is not
    settled away. Nothing is locked where nothing is forgotten.
    """
    forgotten = BudgetEntry.objects.filter(settled_at=None, job__status__in=JOB_ENDED)
    return sum(map(_settle_if_ended, forgotten.values_list("job", flat=True)))


@transaction.atomic
def _settle_if_ended(job_id: int) -> bool:
    ended = PipelineJob.objects.filter(pk=job_id, status__in=JOB_ENDED)
    job = ended.select_for_update(skip_locked=True, no_key=True).first()
    if job is not None:
        settle(job)
    return job is not None

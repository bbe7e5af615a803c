"""Auto: an approval may start a training. The policy's rules, and each decision.

Rules are looked at without a lock; only when all of them hold is the policy row locked
and every rule looked at again, so two approvals at once submit one job.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from training.choices import JobFlow, JobKind, ReviewSource
from training.errors import DomainError, InvalidInput
from training.models import (
    AuditEvent,
    AutoDecision,
    Case,
    PipelineJob,
    Sample,
    TrainingPolicy,
    TrainingRun,
)
from training.models.audit import Actor
from training.services import datasets, runs

logger = logging.getLogger(__name__)
PASSING = {"cooldown", "runs_per_day", "no_training_running"}  # they pass by themselves
POLICY_FIELDS = (
    "auto_enabled",
    "min_new_samples",
    "cooldown_minutes",
    "runs_per_day",
    "min_confidence",
    "min_evidence",
    "max_output_chars",
    "bulk_counts_for_auto",
)


@dataclass(frozen=True)
class Rule:
    """One rule of Auto: its value now, its limit, and when it may hold next."""

    rule: str
    value: Any
    limit: Any
    ok: bool
    next_possible: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        moment = self.next_possible
        return {
            "rule": self.rule,
            "value": self.value,
            "limit": self.limit,
            "ok": self.ok,
            "next_possible": moment.isoformat() if moment and not self.ok else None,
        }


def policy() -> TrainingPolicy:
    return TrainingPolicy.objects.get()


def is_enabled(policy: TrainingPolicy) -> bool:
    """The settings page's word, else the environment's."""
    if policy.auto_enabled is None:
        return bool(settings.AUTO_TRAIN_ON_APPROVAL)
    return policy.auto_enabled


def switched_by(policy: TrainingPolicy) -> str:
    return "environment" if policy.auto_enabled is None else "policy"


def new_samples(policy: TrainingPolicy) -> int:
    """Samples collected since the last training, as far as they count for Auto."""
    last = TrainingRun.objects.trained_something().for_table().first()
    found = Sample.objects.collected()
    if last:
        found = found.filter(in_from__gt=last.dataset_version.number)
    if not policy.bulk_counts_for_auto:
        found = found.exclude(review__source=ReviewSource.BULK)
    return found.count()


def _switched_on(policy: TrainingPolicy) -> Rule:
    enabled = is_enabled(policy)
    return Rule("switched_on", enabled, True, enabled)


def _training_enabled(policy: TrainingPolicy) -> Rule:
    enabled = bool(settings.TRAINING_JOBS_ENABLED)
    return Rule("training_enabled", enabled, True, enabled)


def _enough_new_samples(policy: TrainingPolicy) -> Rule:
    found = new_samples(policy)
    return Rule(
        "new_samples", found, policy.min_new_samples, found >= policy.min_new_samples
    )


def _cooled_down(policy: TrainingPolicy) -> Rule:
    limit = timedelta(minutes=policy.cooldown_minutes)
    last = TrainingRun.objects.trained_something().for_table().first()
    if last is None:
        return Rule("cooldown", None, policy.cooldown_minutes, True)
    since = timezone.now() - last.job.created_at
    return Rule(
        "cooldown",
        int(since.total_seconds() // 60),
        policy.cooldown_minutes,
        since >= limit,
        last.job.created_at + limit,
    )


def _runs_left_today(policy: TrainingPolicy) -> Rule:
    today = timezone.localdate()
    midnight = timezone.make_aware(datetime.combine(today, time.min))
    used = (
        TrainingRun.objects.trained_something()
        .filter(job__flow=JobFlow.AUTO, job__created_at__gte=midnight)
        .count()
    )
    tomorrow = timezone.make_aware(
        datetime.combine(today + timedelta(days=1), time.min)
    )
    return Rule(
        "runs_per_day", used, policy.runs_per_day, used < policy.runs_per_day, tomorrow
    )


def _nothing_running(policy: TrainingPolicy) -> Rule:
    running = PipelineJob.objects.active().filter(kind=JobKind.TRAIN).count()
    return Rule("no_training_running", running, 0, running == 0)


RULES: tuple[Callable[[TrainingPolicy], Rule], ...] = (
    _switched_on,
    _training_enabled,
    _enough_new_samples,
    _cooled_down,
    _runs_left_today,
    _nothing_running,
)


def judge(policy: TrainingPolicy) -> list[dict[str, Any]]:
    """Every rule as it stands now; writes nothing."""
    return [rule(policy).as_json() for rule in RULES]


def consider(case: Case | None, *, by: Actor) -> AutoDecision:
    """Decide whether Auto trains now, and keep the decision with its reasons."""
    rules = judge(policy())
    if all(rule["ok"] for rule in rules):
        return _submit_if_still_due(case, by)
    return AutoDecision.objects.create(submitted=False, rules=rules, case=case)


def consider_after_approval(case: Case, *, by: Actor) -> AutoDecision:
    """``consider``; a failure is logged and told on the card, and the approval stands.

    ``reconsider`` catches up.
    """
    try:
        return consider(case, by=by)
    except Exception:
        logger.exception("Auto could not be judged after case %s", case)
        failed = Rule("judged", False, True, False).as_json()
        return AutoDecision(submitted=False, rules=[failed], case=case)


def reconsider() -> AutoDecision | None:
    """Train if the last approval only had to wait, and now every rule holds.

    A pause is over, a day has passed, a running training ended. Waiting on is no
    decision: only a submission is kept.
    """
    last = AutoDecision.objects.order_by("-pk").first()
    if last is None or last.submitted:
        return None
    if not {rule["rule"] for rule in last.rules if not rule["ok"]} <= PASSING:
        return None
    if not all(rule["ok"] for rule in judge(policy())):
        return None
    return _submit_if_still_due(last.case, None)


@transaction.atomic
def _submit_if_still_due(case: Case | None, by: Actor) -> AutoDecision:
    locked = TrainingPolicy.objects.select_for_update().get()
    rules = judge(locked)
    job = None
    if all(rule["ok"] for rule in rules):
        version, _created = datasets.open_version(by=by)
        try:
            job = runs.freeze_and_submit(version, by=by, flow=JobFlow.AUTO).job
        except DomainError as refusal:
            rules.append(Rule("submitted", str(refusal), None, False).as_json())
    return AutoDecision.objects.create(
        submitted=job is not None, rules=rules, case=case, job=job
    )


@transaction.atomic
def change_policy(*, by: Actor, **changes: Any) -> TrainingPolicy:
    """Set fields of the policy; audited with before and after.

    Raises InvalidInput naming the field; then nothing was changed.
    """
    row = TrainingPolicy.objects.select_for_update().get()
    unknown = sorted(set(changes) - set(POLICY_FIELDS))
    if unknown:
        raise InvalidInput(_("The policy has no %(names)s.") % {"names": unknown[0]})
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    try:
        row.full_clean(validate_constraints=False)
    except ValidationError as refusal:
        field, problems = next(iter(refusal.message_dict.items()))
        raise InvalidInput(f"{field}: {problems[0]}") from refusal
    after = {name: getattr(row, name) for name in changes}
    if before != after:
        row.updated_at = timezone.now()
        row.save()
        AuditEvent.objects.record(
            "policy.changed", actor=by, subject=row, before=before, after=after
        )
    return row

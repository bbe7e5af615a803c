"""Automatic promotion: a better version takes over by itself, and says why.

Off unless the policy switches it on. Each new version is judged once, right after it
was registered; whatever was decided is kept with every rule and figure. A version that
was not promoted is never judged again: a person can select it at any time.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from mlops.models import ModelVersion, PromotionDecision, ServingPeriod
from mlops.serving import freezes, model_registry, selection
from preciso import clock
from training.models import AuditEvent, TrainingPolicy, TrainingRun
from training.rule_results import Rule, all_hold
from training.services.policy.policies import locked_policy, policy

logger = logging.getLogger(__name__)
ROUNDING = 1e-9  # recalls are quotients: a drop of exactly the limit is allowed


@dataclass(frozen=True)
class Situation:
    """What the rules look at. Figures are those kept with the version."""

    policy: TrainingPolicy
    version: ModelVersion
    serving: ModelVersion | None
    on_hold: bool
    frozen: bool
    stopped: bool
    newer: int  # versions registered after this one

    @property
    def comparison(self) -> dict[str, Any]:
        """With the version that served when this one was measured; may be empty."""
        return (self.version.evaluation or {}).get("comparison") or {}


def _switched_on(now: Situation) -> Rule:
    enabled = now.policy.promote_enabled
    return Rule("switched_on", enabled, True, enabled)


def _nothing_on_hold(now: Situation) -> Rule:
    return Rule("nothing_on_hold", now.on_hold, False, not now.on_hold)


def _not_frozen(now: Situation) -> Rule:
    return Rule("not_frozen", now.frozen, False, not now.frozen)


def _one_is_enough(now: Situation) -> Rule:
    """Where two people select, what takes over by itself would be selected by none."""
    two = now.policy.two_people_select
    return Rule("one_is_enough", two, False, not two)


def _not_stopped(now: Situation) -> Rule:
    """While people decide, nothing takes over by itself."""
    return Rule("not_stopped", now.stopped, False, not now.stopped)


def _something_serves(now: Situation) -> Rule:
    """A person selects the first version: there is nothing to compare it with."""
    serves = now.serving is not None
    return Rule("something_serves", serves, True, serves)


def _eligible(now: Situation) -> Rule:
    return Rule("eligible", now.version.is_eligible, True, now.version.is_eligible)


def _newest(now: Situation) -> Rule:
    return Rule("newest", now.newer == 0, True, now.newer == 0)


def _champion_unchanged(now: Situation) -> Rule:
    """The version it was compared with still serves."""
    compared = now.comparison.get("model_version", {}).get("id")
    same = now.serving is not None and compared == str(now.serving.pk)
    return Rule("champion_unchanged", same, True, same)


def _enough_cases(now: Situation) -> Rule:
    cases, limit = now.comparison.get("cases", 0), now.policy.promote_min_cases
    return Rule("enough_cases", cases, limit, cases >= limit)


def _better_by_margin(now: Situation) -> Rule:
    """The whole interval of the log loss's difference lies beyond the margin."""
    found = now.comparison.get("differences", {}).get("log_loss")
    limit = 0.0 - now.policy.promote_margin  # not "-0.0" for no margin
    high = found["high"] if found else None
    ok = high is not None and high < 0 and high <= limit
    return Rule("better_by_margin", high, limit, ok)


def _no_decision_worse(now: Situation) -> Rule:
    """No decision's cases are recognized much less often: the largest fall."""
    drops = [
        row["champion"] - row["candidate"] for row in now.comparison.get("recalls", [])
    ]
    worst, limit = max(drops, default=None), now.policy.promote_max_drop
    ok = worst is not None and worst <= limit + ROUNDING
    return Rule("no_decision_worse", worst, limit, ok)


RULES: tuple[Callable[[Situation], Rule], ...] = (
    _switched_on,
    _nothing_on_hold,
    _not_frozen,
    _one_is_enough,
    _not_stopped,
    _something_serves,
    _eligible,
    _newest,
    _champion_unchanged,
    _enough_cases,
    _better_by_margin,
    # Guardrails. One on the groups of protected attributes belongs here (issue 5).
    _no_decision_worse,
)


def judge(situation: Situation) -> list[Rule]:
    """Every rule as it stands; reads and writes nothing."""
    return [rule(situation) for rule in RULES]


def preview(version: ModelVersion) -> list[Rule]:
    """The rules as they stand now; decides nothing."""
    return judge(_situation(policy(), version, selection.current_period()))


def run_completed(run: TrainingRun, evaluation: dict[str, Any]) -> int:
    """Fills training's port: the id of the version made of the run.

    It is judged after the commit: nothing that goes wrong then undoes the training,
    and ``consider_newest`` catches up.
    """
    version = model_registry.register_run(run, evaluation)
    # No functools.partial: Django cannot log the failure of one.
    transaction.on_commit(lambda: consider(version), robust=True)
    return version.pk


def consider_newest() -> PromotionDecision | None:
    """Judge the newest version where that was missed: its worker died, for example.

    Not one that is older than the last change of the policy: whoever switches this on
    means versions to come.
    """
    now = policy()
    version = ModelVersion.objects.order_by("-pk").first()
    if not now.promote_enabled or version is None:
        return None
    decided = PromotionDecision.objects.filter(model_version=version)
    if version.created_at < now.updated_at or decided.exists():
        return None
    return consider(version)


def consider(version: ModelVersion) -> PromotionDecision | None:
    """Decide whether the version takes over, once; a second call gives the same.

    None, and nothing written, while the policy has it switched off.
    """
    if not policy().promote_enabled:
        return None
    if clock.PROCESS_CLOCK.is_wrong():
        logger.warning("%s is not judged here: this machine's clock is wrong", version)
        return None  # a worker with a right clock catches up
    # Files are read before the locks are taken: nobody has to wait for a disk.
    checked = model_registry.check_version(version)
    with transaction.atomic():
        locked = locked_policy()  # first the policy, then what serves: everywhere
        current = selection.lock_current()
        known = PromotionDecision.objects.filter(model_version=version).first()
        if known or not locked.promote_enabled:
            return known
        return _decide(_situation(locked, checked, current), current)


def _situation(
    policy: TrainingPolicy, version: ModelVersion, current: ServingPeriod | None
) -> Situation:
    return Situation(
        policy=policy,
        version=version,
        serving=current.model_version if current else None,
        on_hold=selection.is_on_hold(),
        stopped=current is not None and current.is_stopped,
        frozen=freezes.freeze_at(clock.database_now()) is not None,
        newer=ModelVersion.objects.filter(pk__gt=version.pk).count(),
    )


def _decide(now: Situation, current: ServingPeriod | None) -> PromotionDecision:
    rules = judge(now)
    period = None
    if current is not None and all_hold(rules):
        period = selection.take_over(now.version, from_=current, reason=_reason(now))
    decision = PromotionDecision.objects.create(
        model_version=now.version,
        champion=now.serving,
        promoted=period is not None,
        rules=[rule.as_json() for rule in rules],
        period=period,
    )
    AuditEvent.objects.record(
        "model.promoted" if period else "model.not_promoted",
        actor=None,
        subject=now.version,
        records=[decision],
        before=str(now.serving) if now.serving else None,
    )
    return decision


def _reason(now: Situation) -> str:
    """The figures that made it so: English, for the API and the record."""
    with translation.override("en"):
        return better_than(now.serving, now.comparison)


def better_than(champion: ModelVersion | None, comparison: dict[str, Any]) -> str:
    """Why a version took over, in the reader's language: its kept comparison says it.

    Raises LookupError where the figures are not there.
    """
    found = comparison["differences"]["log_loss"]
    return _(
        "Better than %(champion)s on the same %(cases)s held-out cases: log loss fell "
        "by %(fall)s (95 %% sure: by %(least)s to %(most)s)."
    ) % {
        "champion": champion,
        "cases": f"{comparison['cases']:,}",
        "fall": f"{-found['value']:.4f}",
        "least": f"{-found['high']:.4f}",
        "most": f"{-found['low']:.4f}",
    }

"""Automatic promotion: a better version takes over by itself, and says why.

Off unless the policy switches it on. Each new version is judged once, right after it
was registered, and the decision is kept with every rule and figure. A version that was
not promoted is never judged again: a person can select it at any time.
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
from training.rule_results import RuleResult, all_hold
from training.services.policy.policies import locked_policy, policy

logger = logging.getLogger(__name__)
ROUNDING = 1e-9  # recalls are quotients: a drop of exactly the limit must pass


@dataclass(frozen=True)
class PromotionInputs:
    """What the rules look at; figures are those stored with the version.

    ``serving``: the version that serves, None before the first and while stopped.
    ``newer``: how many versions were registered after this one.
    """

    policy: TrainingPolicy
    version: ModelVersion
    serving: ModelVersion | None
    on_hold: bool
    frozen: bool
    stopped: bool
    newer: int

    @property
    def comparison(self) -> dict[str, Any]:
        """With the version that served when this one was measured; empty without."""
        return (self.version.evaluation or {}).get("comparison") or {}


def _switched_on(at: PromotionInputs) -> RuleResult:
    enabled = at.policy.promote_enabled
    return RuleResult("switched_on", enabled, True, enabled)


def _nothing_on_hold(at: PromotionInputs) -> RuleResult:
    return RuleResult("nothing_on_hold", at.on_hold, False, not at.on_hold)


def _not_frozen(at: PromotionInputs) -> RuleResult:
    return RuleResult("not_frozen", at.frozen, False, not at.frozen)


def _one_is_enough(at: PromotionInputs) -> RuleResult:
    """Where two people select, no version takes over that nobody selected."""
    two = at.policy.two_people_select
    return RuleResult("one_is_enough", two, False, not two)


def _not_stopped(at: PromotionInputs) -> RuleResult:
    """While people decide, nothing takes over by itself."""
    return RuleResult("not_stopped", at.stopped, False, not at.stopped)


def _something_serves(at: PromotionInputs) -> RuleResult:
    """A person selects the first version: there is nothing to compare it with."""
    serves = at.serving is not None
    return RuleResult("something_serves", serves, True, serves)


def _eligible(at: PromotionInputs) -> RuleResult:
    return RuleResult("eligible", at.version.is_eligible, True, at.version.is_eligible)


def _newest(at: PromotionInputs) -> RuleResult:
    return RuleResult("newest", at.newer == 0, True, at.newer == 0)


def _champion_unchanged(at: PromotionInputs) -> RuleResult:
    """The version it was compared with still serves."""
    compared = at.comparison.get("model_version", {}).get("id")
    same = at.serving is not None and compared == str(at.serving.pk)
    return RuleResult("champion_unchanged", same, True, same)


def _enough_cases(at: PromotionInputs) -> RuleResult:
    cases, limit = at.comparison.get("cases", 0), at.policy.promote_min_cases
    return RuleResult("enough_cases", cases, limit, cases >= limit)


def _better_by_margin(at: PromotionInputs) -> RuleResult:
    """The whole interval of the log loss's difference lies beyond the margin."""
    difference = at.comparison.get("differences", {}).get("log_loss")
    limit = 0.0 - at.policy.promote_margin  # not "-0.0" for no margin
    high = difference["high"] if difference else None
    ok = high is not None and high < 0 and high <= limit
    return RuleResult("better_by_margin", high, limit, ok)


def _no_decision_worse(at: PromotionInputs) -> RuleResult:
    """The largest fall of a decision's recall is within the limit."""
    drops = [
        row["champion"] - row["candidate"] for row in at.comparison.get("recalls", [])
    ]
    worst, limit = max(drops, default=None), at.policy.promote_max_drop
    ok = worst is not None and worst <= limit + ROUNDING
    return RuleResult("no_decision_worse", worst, limit, ok)


RULES: tuple[Callable[[PromotionInputs], RuleResult], ...] = (
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
    _no_decision_worse,
)


def judge(inputs: PromotionInputs) -> list[RuleResult]:
    """Every rule with its value, its limit and whether it holds; no query, no write."""
    return [rule(inputs) for rule in RULES]


def preview(version: ModelVersion) -> list[RuleResult]:
    """The rules as they stand now. A read: it decides and writes nothing."""
    return judge(_inputs(policy(), version, selection.current_period()))


def run_completed(run: TrainingRun, evaluation: dict[str, Any]) -> int:
    """Fills training's port: register the run's version and return its id.

    The version is judged after the commit, so that an error there does not undo the
    training; ``consider_newest`` catches up.
    """
    version = model_registry.register_run(run, evaluation)
    # A lambda, since Django cannot log the failure of a functools.partial.
    transaction.on_commit(lambda: consider(version), robust=True)
    return version.pk


def consider_newest() -> PromotionDecision | None:
    """Judge the newest version where that was missed, as when its worker died.

    Not a version older than the last change of the policy: whoever switches promotion
    on means versions to come.
    """
    rules = policy()
    version = ModelVersion.objects.order_by("-pk").first()
    if not rules.promote_enabled or version is None:
        return None
    decisions = PromotionDecision.objects.filter(model_version=version)
    if version.created_at < rules.updated_at or decisions.exists():
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
    version = model_registry.check_version(version)
    with transaction.atomic():
        # First the policy, then what serves: the order everywhere, against deadlocks.
        rules = locked_policy()
        current = selection.lock_current()
        decision = PromotionDecision.objects.filter(model_version=version).first()
        if decision or not rules.promote_enabled:
            return decision
        return _decide(_inputs(rules, version, current), current)


def _inputs(
    policy: TrainingPolicy, version: ModelVersion, current: ServingPeriod | None
) -> PromotionInputs:
    return PromotionInputs(
        policy=policy,
        version=version,
        serving=current.model_version if current else None,
        on_hold=selection.is_on_hold(),
        stopped=current is not None and current.is_stopped,
        frozen=freezes.freeze_at(clock.database_now()) is not None,
        newer=ModelVersion.objects.filter(pk__gt=version.pk).count(),
    )


def _decide(
    inputs: PromotionInputs, current: ServingPeriod | None
) -> PromotionDecision:
    rules = judge(inputs)
    period = None
    if current is not None and all_hold(rules):
        with translation.override("en"):  # as every reason that the system records
            reason = better_than(inputs.serving, inputs.comparison)
        period = selection.take_over(inputs.version, from_=current, reason=reason)
    decision = PromotionDecision.objects.create(
        model_version=inputs.version,
        champion=inputs.serving,
        promoted=period is not None,
        rules=[rule.as_json() for rule in rules],
        period=period,
    )
    AuditEvent.objects.record(
        "model.promoted" if period else "model.not_promoted",
        actor=None,
        subject=inputs.version,
        records=[decision],
        before=str(inputs.serving) if inputs.serving else None,
    )
    return decision


def better_than(champion: ModelVersion | None, comparison: dict[str, Any]) -> str:
    """Why a version took over, in the reader's language, from its stored comparison.

    Raises LookupError where the comparison lacks the figures.
    """
    difference = comparison["differences"]["log_loss"]
    return _(
        "Better than %(champion)s on the same %(cases)s held-out cases: log loss fell "
        "by %(fall)s (95 %% sure: by %(least)s to %(most)s)."
    ) % {
        "champion": champion,
        "cases": f"{comparison['cases']:,}",
        "fall": f"{-difference['value']:.4f}",
        "least": f"{-difference['high']:.4f}",
        "most": f"{-difference['low']:.4f}",
    }

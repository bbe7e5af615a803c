"""The rules of Auto: pure functions of the policy and of the state of training.

The same functions judge an approval, the schedule and the simulation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from training.models import TrainingPolicy
from training.rule_results import RuleResult
from training.services.budget.allowance import fits


@dataclass(frozen=True)
class MinutesLeft:
    """Training minutes left of a budget; None: no limit is set."""

    day: float | None = None
    month: float | None = None


@dataclass(frozen=True)
class TrainingState:
    """What the rules look at. Times are aware, durations are in minutes."""

    now: datetime
    enabled: bool
    training_enabled: bool
    new: int
    """samples collected since the last training, as far as they count"""
    settled: int
    """those of them whose undo window has passed"""
    settles_at: datetime | None = None
    """when enough of them will have settled"""
    last_training_at: datetime | None = None
    auto_runs_today: int = 0
    auto_minutes_today: float = 0.0
    trainings_active: int = 0
    on_hold: bool = False
    minutes_needed: float = 0.0
    minutes_left: MinutesLeft = MinutesLeft()


def company_day(now: datetime) -> date:
    """The day it is in the company's time zone, wherever the reader is."""
    return timezone.localdate(now, timezone.get_default_timezone())


def at_hour(day: date, hour: time = time.min) -> datetime:
    """A moment of the company's day; without an hour, its beginning."""
    return timezone.make_aware(
        datetime.combine(day, hour), timezone.get_default_timezone()
    )


def next_midnight(now: datetime) -> datetime:
    return at_hour(company_day(now) + timedelta(days=1))


def next_month(now: datetime) -> datetime:
    first = company_day(now).replace(day=1)
    return at_hour((first + timedelta(days=32)).replace(day=1))


def switched_on(policy: TrainingPolicy, state: TrainingState) -> RuleResult:
    return RuleResult("switched_on", state.enabled, True, state.enabled)


def training_enabled(policy: TrainingPolicy, state: TrainingState) -> RuleResult:
    return RuleResult(
        "training_enabled", state.training_enabled, True, state.training_enabled
    )


def enough_new_samples(policy: TrainingPolicy, state: TrainingState) -> RuleResult:
    needed = policy.min_new_samples
    return RuleResult("new_samples", state.new, needed, state.new >= needed)


def undo_window_passed(policy: TrainingPolicy, state: TrainingState) -> RuleResult:
    """Of enough new samples, enough can no longer be taken back. Else it has no say."""
    needed = policy.min_new_samples
    if state.new < needed or not policy.undo_window_minutes:
        return RuleResult("undo_window", None, None, True)
    settled = state.settled >= needed
    return RuleResult("undo_window", state.settled, needed, settled, state.settles_at)


def cooled_down(policy: TrainingPolicy, state: TrainingState) -> RuleResult:
    limit = policy.cooldown_minutes
    if state.last_training_at is None:
        return RuleResult("cooldown", None, limit, True)
    since = state.now - state.last_training_at
    pause = timedelta(minutes=limit)
    minutes = int(since.total_seconds() // 60)
    over = state.last_training_at + pause
    return RuleResult("cooldown", minutes, limit, since >= pause, over)


def runs_left_today(policy: TrainingPolicy, state: TrainingState) -> RuleResult:
    used, limit = state.auto_runs_today, policy.runs_per_day
    return RuleResult(
        "runs_per_day", used, limit, used < limit, next_midnight(state.now)
    )


def minutes_left_today(policy: TrainingPolicy, state: TrainingState) -> RuleResult:
    """What Auto has used today, and would now, within its own minutes."""
    limit = policy.minutes_per_day
    if limit is None:
        return RuleResult("minutes_per_day", None, None, True)
    used = state.auto_minutes_today + state.minutes_needed
    ever = fits(state.minutes_needed, limit)
    more = next_midnight(state.now) if ever else None
    return RuleResult("minutes_per_day", round(used, 1), limit, fits(used, limit), more)


def within_budget(policy: TrainingPolicy, state: TrainingState) -> RuleResult:
    """What is needed, beside what is left of the day or the month, where that is less.

    Where the month is short too, only the next month helps.
    """
    needed, minutes_left = state.minutes_needed, state.minutes_left
    known = [
        left for left in (minutes_left.day, minutes_left.month) if left is not None
    ]
    if not known:
        return RuleResult("budget", None, None, True)
    left = min(known)
    month_is_short = not fits(needed, minutes_left.month)
    more: datetime | None = next_midnight(state.now)
    if month_is_short:
        more = next_month(state.now)
    limits = (policy.budget_minutes_per_day, policy.budget_minutes_per_month)
    if not all(fits(needed, limit) for limit in limits):
        more = None  # waiting does not help; an administrator can raise it
    return RuleResult(
        "budget", round(needed, 1), round(left, 1), fits(needed, left), more
    )


def within_hours(policy: TrainingPolicy, state: TrainingState) -> RuleResult:
    begin, end = policy.allowed_from, policy.allowed_until
    if begin is None or end is None:
        return RuleResult("allowed_hours", None, None, True)
    clock = timezone.localtime(state.now, timezone.get_default_timezone()).time()
    inside = begin <= clock < end if begin < end else clock >= begin or clock < end
    return RuleResult(
        "allowed_hours",
        clock.isoformat("minutes"),
        f"{begin:%H:%M}-{end:%H:%M}",
        inside,
        _next_opening(begin, state.now),
    )


def _next_opening(begin: time, now: datetime) -> datetime:
    today = company_day(now)
    opens = at_hour(today, begin)
    return opens if opens > now else at_hour(today + timedelta(days=1), begin)


def nothing_training(policy: TrainingPolicy, state: TrainingState) -> RuleResult:
    running = state.trainings_active
    return RuleResult("no_training_running", running, 0, running == 0)


def not_on_hold(policy: TrainingPolicy, state: TrainingState) -> RuleResult:
    """After a rollback new versions would only pile up behind the hold."""
    heeded = state.on_hold and not policy.trains_while_on_hold
    return RuleResult("not_on_hold", state.on_hold, False, not heeded)


def enough_for_the_schedule(policy: TrainingPolicy, state: TrainingState) -> RuleResult:
    needed = policy.batch_min_new_samples
    return RuleResult("new_samples", state.new, needed, state.new >= needed)


AutoRule = Callable[[TrainingPolicy, TrainingState], RuleResult]
AUTO_RULES: tuple[AutoRule, ...] = (
    switched_on,
    training_enabled,
    enough_new_samples,
    undo_window_passed,
    cooled_down,
    runs_left_today,
    minutes_left_today,
    within_budget,
    within_hours,
    nothing_training,
    not_on_hold,
)
SCHEDULE_RULES: tuple[AutoRule, ...] = (
    training_enabled,
    enough_for_the_schedule,
    within_budget,
)
TEMPORARY_RULES = frozenset(
    {  # what a wait, or somebody else's act, may end without another approval
        "undo_window",
        "cooldown",
        "runs_per_day",
        "minutes_per_day",
        "budget",
        "allowed_hours",
        "no_training_running",
        "not_on_hold",
    }
)


def apply_rules(
    rules: Sequence[AutoRule], policy: TrainingPolicy, state: TrainingState
) -> list[RuleResult]:
    return [rule(policy, state) for rule in rules]

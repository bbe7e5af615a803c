"""The rules of Auto: pure functions of the policy and of how things stand.

The same functions judge an approval, the schedule and the simulation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from training.models import TrainingPolicy
from training.rule_results import Rule
from training.services.budget.allowance import DUST


@dataclass(frozen=True)
class Room:
    """Training minutes left of a budget; None: no limit is set."""

    day: float | None = None
    month: float | None = None


@dataclass(frozen=True)
class Situation:
    """How things stand at a moment. Times are aware, durations in minutes."""

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
    room: Room = Room()


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


def switched_on(policy: TrainingPolicy, at: Situation) -> Rule:
    return Rule("switched_on", at.enabled, True, at.enabled)


def training_enabled(policy: TrainingPolicy, at: Situation) -> Rule:
    return Rule("training_enabled", at.training_enabled, True, at.training_enabled)


def enough_new_samples(policy: TrainingPolicy, at: Situation) -> Rule:
    needed = policy.min_new_samples
    return Rule("new_samples", at.new, needed, at.new >= needed)


def undo_window_passed(policy: TrainingPolicy, at: Situation) -> Rule:
    """Of enough new samples, enough can no longer be taken back. Else it has no say."""
    needed = policy.min_new_samples
    if at.new < needed or not policy.undo_window_minutes:
        return Rule("undo_window", None, None, True)
    settled = at.settled >= needed
    return Rule("undo_window", at.settled, needed, settled, at.settles_at)


def cooled_down(policy: TrainingPolicy, at: Situation) -> Rule:
    limit = policy.cooldown_minutes
    if at.last_training_at is None:
        return Rule("cooldown", None, limit, True)
    since = at.now - at.last_training_at
    pause = timedelta(minutes=limit)
    minutes = int(since.total_seconds() // 60)
    over = at.last_training_at + pause
    return Rule("cooldown", minutes, limit, since >= pause, over)


def runs_left_today(policy: TrainingPolicy, at: Situation) -> Rule:
    used, limit = at.auto_runs_today, policy.runs_per_day
    return Rule("runs_per_day", used, limit, used < limit, next_midnight(at.now))


def minutes_left_today(policy: TrainingPolicy, at: Situation) -> Rule:
    """What Auto has used today, and would now, within its own minutes."""
    limit = policy.minutes_per_day
    if limit is None:
        return Rule("minutes_per_day", None, None, True)
    used = at.auto_minutes_today + at.minutes_needed
    ever = _fits(at.minutes_needed, limit)
    more = next_midnight(at.now) if ever else None
    return Rule("minutes_per_day", round(used, 1), limit, _fits(used, limit), more)


def within_budget(policy: TrainingPolicy, at: Situation) -> Rule:
    """What is needed, beside what is left of the day or the month, where that is less.

    Where the month is short too, only the next month helps.
    """
    needed, room = at.minutes_needed, at.room
    known = [left for left in (room.day, room.month) if left is not None]
    if not known:
        return Rule("budget", None, None, True)
    left = min(known)
    month_is_short = room.month is not None and not _fits(needed, room.month)
    more: datetime | None = next_midnight(at.now)
    if month_is_short:
        more = next_month(at.now)
    limits = (policy.budget_minutes_per_day, policy.budget_minutes_per_month)
    if any(limit is not None and not _fits(needed, limit) for limit in limits):
        more = None  # waiting does not help; an administrator can raise it
    return Rule("budget", round(needed, 1), round(left, 1), _fits(needed, left), more)


def _fits(needed: float, left: float) -> bool:
    """As the reservation compares them: sums of floats are not exact."""
    return needed <= left + DUST


def within_hours(policy: TrainingPolicy, at: Situation) -> Rule:
    begin, end = policy.allowed_from, policy.allowed_until
    if begin is None or end is None:
        return Rule("allowed_hours", None, None, True)
    clock = timezone.localtime(at.now, timezone.get_default_timezone()).time()
    inside = begin <= clock < end if begin < end else clock >= begin or clock < end
    return Rule(
        "allowed_hours",
        clock.isoformat("minutes"),
        f"{begin:%H:%M}-{end:%H:%M}",
        inside,
        _next_opening(begin, at.now),
    )


def _next_opening(begin: time, now: datetime) -> datetime:
    today = company_day(now)
    opens = at_hour(today, begin)
    return opens if opens > now else at_hour(today + timedelta(days=1), begin)


def nothing_training(policy: TrainingPolicy, at: Situation) -> Rule:
    running = at.trainings_active
    return Rule("no_training_running", running, 0, running == 0)


def not_on_hold(policy: TrainingPolicy, at: Situation) -> Rule:
    """After a rollback new versions would only pile up behind the hold."""
    heeded = at.on_hold and not policy.trains_while_on_hold
    return Rule("not_on_hold", at.on_hold, False, not heeded)


def enough_for_the_schedule(policy: TrainingPolicy, at: Situation) -> Rule:
    needed = policy.batch_min_new_samples
    return Rule("new_samples", at.new, needed, at.new >= needed)


Judge = Callable[[TrainingPolicy, Situation], Rule]
AUTO_RULES: tuple[Judge, ...] = (
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
SCHEDULE_RULES: tuple[Judge, ...] = (
    training_enabled,
    enough_for_the_schedule,
    within_budget,
)
PASSING = frozenset(
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


def next_chance(rules: Sequence[Rule]) -> datetime | None:
    """When all may hold at the earliest; None where a rule cannot say, or all hold."""
    failed = [rule.next_possible for rule in rules if not rule.ok]
    known = [moment for moment in failed if moment is not None]
    return max(known) if known and len(known) == len(failed) else None


def judge(rules: Sequence[Judge], policy: TrainingPolicy, at: Situation) -> list[Rule]:
    return [rule(policy, at) for rule in rules]

"""What a policy would have done with the approvals there were.

Walks from one moment at which something could change to the next, with the rules that
judge real approvals (``auto_rules``). Auto counts as switched on, and no hold, failure
or training by hand is assumed: what the policy does is asked, not what happened.

Reads only; writes nothing.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from training.choices import GateStatus, JobFlow, ReviewSource
from training.errors import InvalidInput
from training.models import Sample, TrainingPolicy, TrainingRun
from training.rule_results import RuleResult, all_hold, earliest_chance
from training.schedules import dates_after
from training.services.budget.estimates import (
    PastTraining,
    TrainingEstimate,
    estimate_from,
    past_trainings,
)
from training.services.policy.auto_rules import (
    AUTO_RULES,
    SCHEDULE_RULES,
    MinutesLeft,
    TrainingState,
    apply_rules,
    company_day,
)

LONGEST_DAYS = 366


@dataclass(frozen=True)
class SimulatedTraining:
    """One training that would have been: when, by what, on how much, how long."""

    at: datetime
    flow: JobFlow
    new_samples: int
    minutes: float


@dataclass(frozen=True)
class Simulation:
    """What would have been in the ``days`` days up to now."""

    days: int
    approvals: int
    trainings: list[SimulatedTraining]

    @property
    def minutes(self) -> float:
        return sum(training.minutes for training in self.trainings)


class _Approval(NamedTuple):
    """When an approval could no longer be taken back, and when it was made."""

    settled: datetime
    approved: datetime
    counts_for_auto: bool


class _Waiting:
    """Approvals that no training has learnt yet, by the time they settle."""

    def __init__(self, approvals: list[_Approval], window: timedelta) -> None:
        self._approvals, self._window = approvals, window
        self._first = 0  # those before it are learnt; nothing is copied

    def settles(self, needed: int) -> datetime | None:
        """When so many will have settled; None if there are fewer."""
        place = self._first + needed - 1
        return self._approvals[place].settled if place < len(self._approvals) else None

    def settled(self, moment: datetime) -> int:
        return self._until(moment) - self._first

    def approved(self, moment: datetime) -> int:
        return sum(each.approved <= moment for each in self._near(moment))

    def learn_settled(self, moment: datetime) -> None:
        self._first = self._until(moment)

    def learn_made(self, moment: datetime) -> None:
        later = [each for each in self._near(moment) if each.approved > moment]
        border = self._until(moment + self._window)
        self._first = border - len(later)
        self._approvals[self._first : border] = later

    def _near(self, moment: datetime) -> list[_Approval]:
        return self._approvals[self._first : self._until(moment + self._window)]

    def _until(self, moment: datetime) -> int:
        return bisect_right(
            self._approvals, moment, lo=self._first, key=attrgetter("settled")
        )


def _zeros() -> defaultdict[date, float]:
    return defaultdict(float)


@dataclass
class _Used:
    """Minutes and trainings of each day of the company."""

    minutes: defaultdict[date, float] = field(default_factory=_zeros)
    auto_minutes: defaultdict[date, float] = field(default_factory=_zeros)
    auto_runs: Counter[date] = field(default_factory=Counter)

    def in_month_of(self, day: date) -> float:
        return sum(
            minutes
            for each, minutes in self.minutes.items()
            if (each.year, each.month) == (day.year, day.month)
        )


def simulate(policy: TrainingPolicy, *, days: int = 30) -> Simulation:
    """Run the policy over the approvals of the last ``days`` days.

    ``policy`` need not be saved. Raises InvalidInput for a period that cannot be.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput(
            _("Between 1 and %(most)d days can be simulated.") % {"most": LONGEST_DAYS}
        )
    until = timezone.now()
    since = until - timedelta(days=days)
    last = _last_trained_before(since)
    approvals = _approvals_after(last, policy)
    known = Sample.objects.collected().filter(in_from__lte=last).count()
    past = past_trainings(settings.TRAINER, policy.training_scope)
    walk = _Walk(policy, since, until, approvals, known, past)
    walk.go()
    recent = sum(approval.approved >= since for approval in approvals)
    return Simulation(days, recent, walk.trainings)


def _last_trained_before(moment: datetime) -> int:
    trained = TrainingRun.objects.trained_something().filter(job__created_at__lt=moment)
    return trained.aggregate(last=Max("dataset_version__number"))["last"] or 0


def _approvals_after(number: int, policy: TrainingPolicy) -> list[_Approval]:
    """What was not learnt when the period began, by the time it settled."""
    window = timedelta(minutes=policy.undo_window_minutes)
    rows = Sample.objects.filter(
        in_from__gt=number, gate_status=GateStatus.CANDIDATE
    ).values_list("created_at", "source", "withdrawn_at")
    approvals = []
    for approved, source, withdrawn in rows.iterator(chunk_size=5000):
        settled = approved if source == ReviewSource.REPLAY else approved + window
        if withdrawn is None or withdrawn > settled:
            counts = policy.bulk_counts_for_auto or source != ReviewSource.BULK
            approvals.append(_Approval(settled, approved, counts))
    return sorted(approvals)


class _Walk:
    """From one moment at which something may change to the next."""

    def __init__(
        self,
        policy: TrainingPolicy,
        since: datetime,
        until: datetime,
        approvals: list[_Approval],
        known: int,
        past: list[PastTraining],
    ) -> None:
        self.trainings: list[SimulatedTraining] = []
        self._policy, self._until, self._past = policy, until, past
        self._known = known  # samples learnt before
        window = timedelta(minutes=policy.undo_window_minutes)
        counting = [each for each in approvals if each.counts_for_auto]
        self._all = _Waiting(list(approvals), window)
        self._counting = _Waiting(counting, window)
        self._not_before: datetime | None = since  # None: Auto can never train
        self._dates = _dates(policy, since)
        self._date = next(self._dates, None)
        self._used = _Used()

    def go(self) -> None:
        while True:
            auto, date_due = self._next_auto(), self._date
            moment = min(filter(None, (auto, date_due)), default=None)
            if moment is None or moment > self._until:
                return
            if moment == date_due:
                self._meet_date(moment)
            else:
                self._look(moment)

    def _next_auto(self) -> datetime | None:
        """When enough samples have settled, and nothing known stands against it."""
        enough = self._counting.settles(self._policy.min_new_samples)
        if self._not_before is None or enough is None:
            return None
        return max(enough, self._not_before)

    def _look(self, moment: datetime) -> None:
        settled = self._counting.settled(moment)
        rules = apply_rules(AUTO_RULES, self._policy, self._state(moment, settled))
        if all_hold(rules):
            learnt = self._all.settled(moment)
            self._counting.learn_settled(moment)
            self._all.learn_settled(moment)
            self._train(moment, JobFlow.AUTO, learnt)
        else:
            self._not_before = _later(moment, rules)

    def _meet_date(self, moment: datetime) -> None:
        """The schedule heeds no undo window: it learns whatever was approved."""
        approved = self._all.approved(moment)
        rules = apply_rules(SCHEDULE_RULES, self._policy, self._state(moment, approved))
        if all_hold(rules):
            self._all.learn_made(moment)
            self._counting.learn_made(moment)
            self._train(moment, JobFlow.BATCH, approved)
        self._date = next(self._dates, None)

    def _train(self, moment: datetime, flow: JobFlow, samples: int) -> None:
        estimate = self._estimate(samples)
        minutes = (estimate.low_minutes + estimate.high_minutes) / 2
        day = company_day(moment)
        self._used.minutes[day] += minutes
        if flow == JobFlow.AUTO:
            self._used.auto_minutes[day] += minutes
            self._used.auto_runs[day] += 1
        self._known += samples
        self._not_before = moment + timedelta(minutes=minutes)  # one at a time
        self.trainings.append(SimulatedTraining(moment, flow, samples, minutes))

    def _estimate(self, samples: int) -> TrainingEstimate:
        return estimate_from(self._past, self._known + samples)

    def _state(self, moment: datetime, samples: int) -> TrainingState:
        day = company_day(moment)
        return TrainingState(
            now=moment,
            enabled=True,
            training_enabled=True,
            new=samples,
            settled=samples,
            last_training_at=self.trainings[-1].at if self.trainings else None,
            auto_runs_today=self._used.auto_runs[day],
            auto_minutes_today=self._used.auto_minutes[day],
            minutes_needed=self._estimate(samples).high_minutes,
            minutes_left=self._minutes_left(day),
        )

    def _minutes_left(self, day: date) -> MinutesLeft:
        per_day = self._policy.budget_minutes_per_day
        per_month = self._policy.budget_minutes_per_month
        used = self._used
        return MinutesLeft(
            day=None if per_day is None else per_day - used.minutes[day],
            month=None if per_month is None else per_month - used.in_month_of(day),
        )


def _dates(policy: TrainingPolicy, since: datetime) -> Iterator[datetime]:
    if policy.batch_schedule:
        yield from dates_after(policy.batch_schedule, since)


def _later(moment: datetime, rules: list[RuleResult]) -> datetime | None:
    """When to look again; never the same moment, so the walk always goes on."""
    chance = earliest_chance([rule.next_possible for rule in rules if not rule.ok])
    return chance and max(chance, moment + timedelta(minutes=1))

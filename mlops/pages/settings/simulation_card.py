"""What a policy would have done, for people: a sentence, bars and dates."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from mlops.pages.shared.policy_summary import days as days_in_words
from mlops.pages.shared.policy_summary import times
from training.choices import JobFlow
from training.models import TrainingPolicy
from training.refusals import minutes
from training.services.policy.auto_rules import company_day
from training.services.policy.simulation import Simulation, simulate

MOST_TRAININGS = 50  # that are listed
DAYS_AS_BARS = 90  # a longer period has a bar for each week
WEEK = 7


def simulation_card(policy: TrainingPolicy, days: int) -> dict[str, Any]:
    """Try a policy, saved or not, on the approvals of the last days."""
    simulation = simulate(policy, days=days)
    newest = sorted(simulation.trainings, key=lambda each: each.at, reverse=True)
    return {
        "sentence": _sentence(simulation),
        "approvals": simulation.approvals,
        "days": days,
        "trainings": newest[:MOST_TRAININGS],
        "rest": len(newest[MOST_TRAININGS:]),
        "bars": _bars(simulation) if newest else [],
        "by_week": days > DAYS_AS_BARS,
    }


def _sentence(simulation: Simulation) -> str:
    if not simulation.trainings:
        return _("It would not have trained in the last %(days)s.") % {
            "days": days_in_words(simulation.days)
        }
    words = {
        "times": times(len(simulation.trainings)),
        "days": days_in_words(simulation.days),
        "minutes": minutes(int(simulation.minutes + 0.5)),  # as the rows are rounded
    }
    if simulation.minutes < 1:
        return (
            _(
                "It would have trained %(times)s in the last %(days)s, for under a "
                "minute."
            )
            % words
        )
    return (
        _(
            "It would have trained %(times)s in the last %(days)s, for about "
            "%(minutes)s."
        )
        % words
    )


def _bars(simulation: Simulation) -> list[tuple[str, int, int]]:
    """Trainings of Auto and of the schedule, for each day or week up to today."""
    step = WEEK if simulation.days > DAYS_AS_BARS else 1
    today = company_day(timezone.now())
    tally: Counter[tuple[date, str]] = Counter()
    for training in simulation.trainings:
        ago = (today - company_day(training.at)).days // step
        tally[today - timedelta(days=ago * step), training.flow] += 1
    bars = -(-simulation.days // step)
    ends = [today - timedelta(days=ago * step) for ago in reversed(range(bars + 1))]
    return [
        (
            _("%(month)s %(day)d") % {"month": date_format(end, "M"), "day": end.day},
            tally[end, JobFlow.AUTO],
            tally[end, JobFlow.BATCH],
        )
        for end in ends
    ]

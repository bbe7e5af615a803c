"""What a policy would have done, for people: a sentence, bars and dates."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from mlops.pages.shared.policy_summary import days as days_in_words
from mlops.pages.shared.policy_summary import minutes, times
from training.choices import JobFlow
from training.models import TrainingPolicy
from training.services.policy.auto_rules import company_day
from training.services.policy.simulation import Simulation, simulate

SHOWN = 50
DAYS_AS_BARS = 90  # a longer period has a bar for each week
WEEK = 7


def simulation_card(policy: TrainingPolicy, days: int) -> dict[str, Any]:
    """Try a policy, saved or not, on the approvals of the last days."""
    found = simulate(policy, days=days)
    newest = sorted(found.trainings, key=lambda each: each.at, reverse=True)
    return {
        "sentence": _sentence(found),
        "approvals": found.approvals,
        "days": days,
        "trainings": newest[:SHOWN],
        "rest": len(newest[SHOWN:]),
        "bars": _bars(found) if newest else [],
        "by_week": days > DAYS_AS_BARS,
    }


def _sentence(found: Simulation) -> str:
    if not found.trainings:
        return _("It would not have trained in the last %(days)s.") % {
            "days": days_in_words(found.days)
        }
    shown = {
        "times": times(len(found.trainings)),
        "days": days_in_words(found.days),
        "minutes": minutes(int(found.minutes + 0.5)),  # as the rows are rounded
    }
    if found.minutes < 1:
        return (
            _(
                "It would have trained %(times)s in the last %(days)s, for under a "
                "minute."
            )
            % shown
        )
    return (
        _(
            "It would have trained %(times)s in the last %(days)s, for about "
            "%(minutes)s."
        )
        % shown
    )


def _bars(found: Simulation) -> list[tuple[str, int, int]]:
    """Trainings of Auto and of the schedule, for each day or week up to today."""
    step = WEEK if found.days > DAYS_AS_BARS else 1
    today = company_day(timezone.now())
    tally: Counter[tuple[date, str]] = Counter()
    for training in found.trainings:
        ago = (today - company_day(training.at)).days // step
        tally[today - timedelta(days=ago * step), training.flow] += 1
    bars = -(-found.days // step)
    ends = [today - timedelta(days=ago * step) for ago in reversed(range(bars + 1))]
    return [
        (
            _("%(month)s %(day)d") % {"month": date_format(end, "M"), "day": end.day},
            tally[end, JobFlow.AUTO],
            tally[end, JobFlow.BATCH],
        )
        for end in ends
    ]

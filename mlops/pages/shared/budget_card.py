"""What a training would take and cost, as the pages say it before the click."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from training.choices import TrainingScope
from training.models import DatasetVersion
from training.services.budget import ledger
from training.services.budget.estimates import (
    estimate_from,
    past_trainings,
    samples_to_learn,
)
from training.services.budget.quotes import Quote, quote_for
from training.services.policy import policies


def budget_card(samples: int, scope: str = TrainingScope.ALL) -> dict[str, Any]:
    """For training on so many samples now.

    ``limited`` says whether any number of minutes is allowed, ``price`` is empty where
    a minute has no price, ``sentence`` says why it may not start where ``allowed`` is
    False.
    """
    quote = quote_for(samples, settings.TRAINER, scope=scope)
    return {
        "estimate": quote.estimate,
        "day": quote.allowance.day,
        "month": quote.allowance.month,
        "limited": quote.allowance.left_minutes is not None,
        "allowed": quote.allowed,
        "sentence": quote.sentence,
        "price": quote.price,
    }


def quotes_again(versions: list[DatasetVersion]) -> dict[str, Quote]:
    """For training each sealed version again, by its key; asks no more for more."""
    sealed = [version for version in versions if version.sha256]
    if not sealed:
        return {}
    policy = policies.policy()
    past = past_trainings(settings.TRAINER, TrainingScope.ALL)
    left = ledger.allowance(policy, timezone.now())
    return {
        str(version.pk): Quote(
            estimate_from(past, samples_to_learn(version)),
            left,
            policy.price_per_minute,
        )
        for version in sealed
    }

"""What is said of a training before the click: its time, its cost, what is left.

Reads only; writes nothing.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from training.choices import TrainingScope
from training.models import BudgetEntry, DatasetVersion
from training.services.budget import ledger
from training.services.budget.allowance import (
    Allowance,
    budget_refusal,
    in_minutes,
    left_in_words,
)
from training.services.budget.estimates import (
    TrainingEstimate,
    estimate,
    samples_to_learn,
)
from training.services.policy import policies

EXACT = Decimal("0.0001")  # as the price is kept
NO_DECIMALS = (  # ISO 4217: all others have two, but for those below
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
)
DECIMALS = {
    **dict.fromkeys(NO_DECIMALS, 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


@dataclass(frozen=True)
class Quote:
    """An estimate, what is allowed, and what it would cost."""

    estimate: TrainingEstimate
    allowance: Allowance
    price_per_minute: Decimal

    @property
    def allowed(self) -> bool:
        return self.allowance.obstacle(self.estimate.high_minutes) is None

    @property
    def cost_low(self) -> Decimal:
        return cost(self.estimate.low_minutes, self.price_per_minute)

    @property
    def cost_high(self) -> Decimal:
        return cost(self.estimate.high_minutes, self.price_per_minute)

    @property
    def price(self) -> str:
        """``0.30 to 0.50 USD``; "" where a minute has no price."""
        if not self.price_per_minute:
            return ""
        low, high = money(self.cost_low), money(self.cost_high)
        if low == high:
            return high
        return _("%(low)s to %(high)s") % {"low": _amount(self.cost_low), "high": high}

    @property
    def sentence(self) -> str:
        """``about 3 to 5 minutes, 41 left today``, or why it may not start now."""
        why = budget_refusal(self.allowance, self.estimate.high_minutes)
        if why:
            return str(why)
        minutes, left = estimate_in_words(self.estimate), left_in_words(self.allowance)
        if not left:
            return minutes
        return _("%(minutes)s, %(left)s") % {"minutes": minutes, "left": left}


def quote(
    version: DatasetVersion | None, trainer: str, *, scope: str = TrainingScope.ALL
) -> Quote:
    """What a training of the version would take now. None: of nothing yet."""
    samples = samples_to_learn(version, scope) if version else 0
    return quote_for(samples, trainer, scope=scope)


def quote_for(samples: int, trainer: str, *, scope: str = TrainingScope.ALL) -> Quote:
    """What a training of so many samples would take now."""
    policy = policies.policy()
    return Quote(
        estimate(trainer, samples, scope=scope),
        ledger.allowance(policy, timezone.now()),
        policy.price_per_minute,
    )


def estimate_in_words(estimate: TrainingEstimate) -> str:
    low, high = estimate.low_minutes, estimate.high_minutes
    if low == high:
        return _("about %(minutes)s") % {"minutes": in_minutes(high)}
    if low == 0:
        return _("up to %(minutes)s") % {"minutes": in_minutes(high)}
    return _("about %(low)d to %(minutes)s") % {
        "low": low,
        "minutes": in_minutes(high),
    }


def cost(minutes: float, price_per_minute: Decimal) -> Decimal:
    """In ``BUDGET_CURRENCY``, to four places."""
    return (Decimal(repr(float(minutes))) * price_per_minute).quantize(EXACT)


def cost_of(entry: BudgetEntry) -> Decimal:
    """By the price of the day it was reserved."""
    return cost(entry.minutes, entry.price_per_minute)


def money(amount: Decimal) -> str:
    """``4,100 KRW``: with the decimals of the currency, and its code."""
    return f"{_amount(amount)} {settings.BUDGET_CURRENCY}"


def _amount(amount: Decimal) -> str:
    places = DECIMALS.get(settings.BUDGET_CURRENCY, 2)
    rounded = amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return number_format(rounded, places, force_grouping=True)

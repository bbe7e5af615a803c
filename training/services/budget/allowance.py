"""Whether a training fits into what is left of the budget, in figures and in words.

Reads only; writes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from math import floor

from django.utils.translation import gettext as _

from training.refusals import Refusal, minutes, refusal

ROUNDING = 1e-6  # minutes: what adding fractions up may leave


def fits(needed: float, left: float | None) -> bool:
    """Whether so many minutes fit into what is left; None: nothing limits them."""
    return left is None or needed <= left + ROUNDING


@dataclass(frozen=True)
class BudgetPeriod:
    """A day or a month: minutes allowed (None: any number), minutes taken, its end."""

    limit: float | None
    used: float
    until: datetime

    @property
    def left(self) -> float | None:
        """Minutes; None: any number. Never negative: a training may take too long."""
        if self.limit is None:
            return None
        return max(self.limit - self.used, 0.0)

    def fits(self, needed: float) -> bool:
        return fits(needed, self.left)


@dataclass(frozen=True)
class Allowance:
    """What the budget has left today and this month."""

    day: BudgetPeriod
    month: BudgetPeriod

    @property
    def left_minutes(self) -> int | None:
        """Whole minutes left now, by the tighter of the two; None: any number."""
        left = [each.left for each in (self.day, self.month) if each.left is not None]
        return whole_minutes(min(left)) if left else None

    def obstacle(self, needed: float) -> BudgetPeriod | None:
        """What has too little left for so many minutes; of both, what lasts longer."""
        return next(
            (each for each in (self.month, self.day) if not each.fits(needed)), None
        )

    def never_fits(self, needed: float) -> bool:
        """No day and no month allows so many minutes, however little is used."""
        limits = [each.limit for each in (self.day, self.month)]
        return not all(fits(needed, limit) for limit in limits)


def whole_minutes(minutes: float) -> int:
    """Rounded down, as what is left is shown."""
    return floor(minutes + ROUNDING)


def budget_refusal(allowance: Allowance, needed: float) -> Refusal | None:
    """Why a training of so many minutes may not start; None if it may."""
    obstacle = allowance.obstacle(needed)
    if obstacle is None:
        return None
    most = whole_minutes(needed)
    if allowance.never_fits(needed):
        left = allowance.left_minutes or 0
        return refusal("budget_never", left=left, needed=most)
    spell = "budget_month" if obstacle is allowance.month else "budget_today"
    return refusal(
        spell,
        left=whole_minutes(obstacle.left or 0),
        needed=most,
        moment=obstacle.until.isoformat(),
    )


def left_in_words(allowance: Allowance) -> str:
    """``41 left today``, by the tighter of the two; "" where any number is."""
    left = allowance.left_minutes
    if left is None:
        return ""
    by_month = allowance.month.left is not None and (
        allowance.day.left is None or allowance.month.left < allowance.day.left
    )
    if by_month:
        return _("%(minutes)d left this month") % {"minutes": left}
    return _("%(minutes)d left today") % {"minutes": left}


def in_minutes(number: float) -> str:
    return minutes(whole_minutes(number))

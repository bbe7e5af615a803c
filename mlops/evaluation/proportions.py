"""Shares and their ratios, each with an interval that is right for few cases too."""

import math
from dataclasses import dataclass

CONFIDENCE = 0.95
Z = 1.959963984540054  # the normal distribution's 97.5 % point


@dataclass(frozen=True)
class Share:
    """``count`` of ``of`` as a share, and its interval of 95 % confidence."""

    count: int
    of: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Ratio:
    """One share over another, and its interval of 95 % confidence."""

    value: float
    low: float
    high: float


def share(count: int, of: int) -> Share | None:
    """The share with Wilson's score interval (JASA 22, 1927); None if ``of`` is 0.

    The interval never goes beyond 0 or 1, and has a width where all or none count.
    """
    if not of:
        return None
    value, z2 = count / of, Z * Z
    middle = (value + z2 / (2 * of)) / (1 + z2 / of)
    spread = math.sqrt(value * (1 - value) / of + z2 / (4 * of * of))
    half = Z * spread / (1 + z2 / of)
    low = 0.0 if count == 0 else middle - half  # exactly, in spite of rounding
    high = 1.0 if count == of else middle + half
    return Share(count, of, value, low, high)


def ratio(one: Share, other: Share) -> Ratio | None:
    """None where the other share is zero.

    MOVER on the logarithms of the two Wilson intervals: Zou and Donner, Construction
    of confidence limits about effect measures (Statistics in Medicine 27, 2008).
    Unlike Katz's interval it has a width where a share is 0 or 1.
    """
    if not other.count:
        return None
    value = one.value / other.value
    up_other = math.log(other.high / other.value)
    down_other = math.log(other.value / other.low)
    if not one.count:  # the limit of what is below
        return Ratio(0.0, 0.0, one.high / other.value)
    down = math.hypot(math.log(one.value / one.low), up_other)
    up = math.hypot(math.log(one.high / one.value), down_other)
    return Ratio(value, value * math.exp(-down), value * math.exp(up))

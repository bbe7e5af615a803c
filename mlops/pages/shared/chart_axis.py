"""The numbers beside the axis of a chart, and very small and large ones anywhere.

Every chart takes its labels from here.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from django.utils.formats import number_format
from django.utils.translation import gettext as _

PLAIN = 9  # characters; a number that needs more is written with a power of ten
FARTHEST = 30  # a power of ten beyond this one is never written out
PLAIN_FROM = -6  # 0.0000012 is still written out
TENTH = Fraction(1, 10)
POWER = "\N{MULTIPLICATION SIGN}10"
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def axis_labels(low: float, high: float, parts: int) -> list[str]:
    """The labels of an axis from ``low`` to ``high``, cut into equal ``parts``.

    All have the same number of digits: the fewest with which no label is farther from
    its tick than a tenth of the distance to the next tick. So no two ticks of an axis
    read the same, and no label claims a place that is visibly another.
    """
    ticks = _ticks(low, high, parts)
    power = max(_power(tick) for tick in ticks)
    scaled = [tick / Fraction(10) ** power for tick in ticks]
    short = [_with_power(text, power) for text in _texts(scaled)]
    if abs(power) > FARTHEST:
        return short
    plain = _texts(ticks)
    return plain if _widest(plain) <= max(PLAIN, _widest(short)) else short


def percent_labels(low: float, high: float, parts: int) -> list[str]:
    """The same for an axis of shares, in percent."""
    ticks = [100 * tick for tick in _ticks(low, high, parts)]
    return [_("%(share)s %%") % {"share": text} for text in _texts(ticks)]


def whole_percent(share: float) -> str:
    """A share as it stands in the label of a point, without decimals."""
    return _("%(share)s %%") % {"share": number_format(round(100 * share), 0)}


def short_number(value: float) -> str:
    """Two digits of a number that is very small or large, if need be with a power."""
    decimal = Decimal(f"{value:.1e}")
    power = decimal.adjusted()
    if PLAIN_FROM <= power < 0:
        return str(number_format(decimal.normalize()))
    return _with_power(str(number_format(decimal.scaleb(-power).normalize())), power)


def room_for(labels: Sequence[str], least: float) -> float:
    """How far right of the edge the axis begins, so that its labels are inside."""
    return max(least, 4.0 + 10.0 * _widest(labels))


def _ticks(low: float, high: float, parts: int) -> list[Fraction]:
    """The exact ticks, since two neighbouring floats have no float between them."""
    first, last = Fraction(str(low)), Fraction(str(high))
    return [first + (last - first) * i / parts for i in range(parts + 1)]


def _power(tick: Fraction) -> int:
    """Of ten: 3 for 1,234; the smallest possible for zero, which never decides."""
    if not tick:
        return -400
    decimal = Decimal(tick.numerator) / Decimal(tick.denominator)
    return decimal.adjusted()


def _texts(ticks: Sequence[Fraction]) -> list[str]:
    """The ticks with the fewest digits that are near enough, in the reader's way."""
    near = abs(ticks[-1] - ticks[0]) / (len(ticks) - 1) * TENTH
    digits = 0
    while any(
        abs(Fraction(round(tick * 10**digits), 10**digits) - tick) > near
        for tick in ticks
    ):
        digits += 1
    # Whole numbers of the last digit: what rounds to zero has no sign.
    wholes = [round(tick * 10**digits) for tick in ticks]
    return [
        str(number_format(Decimal(f"{whole}E-{digits}"), digits, force_grouping=True))
        for whole in wholes
    ]


def _with_power(text: str, power: int) -> str:
    if not text.strip("0.,"):
        return "0"
    return f"{text}{POWER}{str(power).translate(SUPERSCRIPT)}"


def _widest(texts: Sequence[str]) -> int:
    return max(len(text) for text in texts)

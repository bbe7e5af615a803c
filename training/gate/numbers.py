"""How many of an answer's numbers come from the facts.

The method: read every number of the answer and of the facts (``numerals``), leave out
digits that measure nothing (``unmeasured``), and call a number found if a fact rounded
to the digits stated is that number. That is statcheck's rule for printed statistics
(Nuijten et al., 2016): a rounded figure agrees with what it was rounded from, and with
nothing else. Half may be rounded up or to even, as programs differ. Signs must agree;
a word such as "loss" before a number may stand for its minus.

A fact smaller than the last digit stated never counts: 0.92 is not "1", 0.3 not "0".
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Any

from training.gate.numerals import Numeral, plain, read_numbers, scale_of
from training.gate.unmeasured import measures_only, without_ids

HUGE = 10**25
WIDE = Context(prec=120)
ROUNDINGS = (ROUND_HALF_UP, ROUND_HALF_EVEN)
JOINED = re.compile("(?<=[0-9]) (?=[0-9]{3})")
BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")


class Known:
    """The numbers of a case, and what they are when rounded."""

    def __init__(self, values: Iterable[Decimal]) -> None:
        self._values = set(values)
        self._rounded: dict[int, set[Decimal]] = {}

    def holds(self, numeral: Numeral) -> bool:
        return any(self._holds(reading) for reading in numeral)

    def _holds(self, reading: Decimal) -> bool:
        if reading in self._values:
            return True
        place = int(reading.as_tuple().exponent)
        if place not in self._rounded:
            self._rounded[place] = self._round(place)
        return reading in self._rounded[place]

    def _round(self, place: int) -> set[Decimal]:
        digit = Decimal((0, (1,), place))
        reached = [value for value in self._values if abs(value) >= digit]
        return {
            value.quantize(digit, rounding, WIDE)
            for value in reached
            for rounding in ROUNDINGS
        }


def share_found(
    output: str,
    decision: str,
    facts: Sequence[Mapping[str, Any]],
    evidence: Sequence[Mapping[str, Any]],
) -> float | None:
    """From 0 to 1; None if the answer states no number."""
    stated = stated_numbers(output, decision, facts)
    if not stated:
        return None
    known = Known(known_numbers(facts, evidence))
    return sum(known.holds(numeral) for numeral in stated) / len(stated)


def stated_numbers(
    output: str, decision: str, facts: Sequence[Mapping[str, Any]]
) -> list[Numeral]:
    """The numbers an answer states; each time one is stated counts."""
    labels = [decision, *_labels(facts)]
    return read_numbers(measures_only(plain(output), map(plain, labels)))


def _labels(facts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for fact in facts:
        if re.search(r"[^\W\d]", fact["name"]):
            yield fact["name"]
        if fact.get("period"):
            yield fact["period"]


def known_numbers(
    facts: Sequence[Mapping[str, Any]], evidence: Sequence[Mapping[str, Any]]
) -> Iterator[Decimal]:
    """Every number in the values of the facts and the snippets of the evidence."""
    for fact in facts:
        scale = scale_of(fact.get("unit") or "") or _bracketed_scale(fact["name"])
        for value in _in_value(fact["value"]):
            yield value
            if scale:
                yield value.scaleb(scale)
    for piece in evidence:
        yield from _in_text(piece.get("snippet") or "")


def _bracketed_scale(name: str) -> int:
    """``income (thousand USD)``"""
    return next(filter(None, map(scale_of, BRACKETS.findall(name))), 0)


def _in_value(value: Any) -> Iterator[Decimal]:
    if isinstance(value, str):
        yield from _in_text(value)
    elif _is_number(value) and -HUGE < value < HUGE:
        yield Decimal(str(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _in_text(text: str) -> Iterator[Decimal]:
    """Both ways to read ``12 345``: one number, and two."""
    text = without_ids(plain(text))
    apart = JOINED.sub("; ", text)
    for reading in (text, apart) if apart != text else (text,):
        for numeral in read_numbers(reading):
            yield from numeral

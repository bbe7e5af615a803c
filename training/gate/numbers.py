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
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any

from training.gate.ignored_numbers import measures_only, without_ids
from training.gate.numerals import Numeral, plain, read_numbers, scale_of

HUGE = 10**25
WIDE = Context(prec=120)
JOINED = re.compile("(?<=[0-9]) (?=[0-9]{3})")
BRACKETS = re.compile(r"[(\[]([^(\[)\]]*)[)\]]")


class Known:
    """The numbers of a case, and what they are when rounded."""

    def __init__(self, values: Iterable[Decimal]) -> None:
        self._values = set(values)
        self._above = sorted(value for value in self._values if value > 0)
        self._below = sorted(-value for value in self._values if value < 0)

    def holds(self, numeral: Numeral) -> bool:
        return any(
            reading in self._values or self._is_rounded(reading) for reading in numeral
        )

    def _is_rounded(self, reading: Decimal) -> bool:
        """Whether a value rounds to it, halves up or to even."""
        _sign, digits, place = reading.as_tuple()
        unit, half = Decimal((0, (1,), int(place))), Decimal((0, (5,), int(place) - 1))
        size = abs(reading)
        least, most = WIDE.subtract(size, half), WIDE.add(size, half)
        values = self._above if reading > 0 else self._below
        nearest = bisect_left(values, max(least, unit))
        if nearest == len(values) or not reading:
            return False
        is_even = digits[-1] % 2 == 0
        return values[nearest] < most or (is_even and values[nearest] == most)


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

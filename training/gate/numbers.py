"""How many of an answer's numbers come from the facts.

The method: read every number of the answer and of the facts (``numerals``), leave out
digits that measure nothing (``ignored_numbers``), and count a number as found if a fact
is that number when it is rounded to the digits the answer states. That is statcheck's
rule for printed statistics (Nuijten et al., 2016): a rounded figure agrees with what it
was rounded from, and with nothing else. Half may be rounded up or to even, as programs
differ. Signs must agree; a word such as "loss" before a number may stand for its minus.

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


class KnownNumbers:
    """The numbers of a case, to be compared with numbers that were rounded."""

    def __init__(self, values: Iterable[Decimal]) -> None:
        self._values = set(values)
        self._above = sorted(value for value in self._values if value > 0)
        self._below = sorted(-value for value in self._values if value < 0)

    def holds(self, numeral: Numeral) -> bool:
        """Whether a reading of the numeral is one of the numbers, exact or rounded."""
        return any(
            reading in self._values or self._is_rounded(reading) for reading in numeral
        )

    def _is_rounded(self, reading: Decimal) -> bool:
        """Whether a value rounds to the reading; halves go up, or to the even digit."""
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
    """The share of the answer's numbers that come from the facts or the evidence.

    From 0 to 1; None for an answer that states no number.
    """
    stated = stated_numbers(output, decision, facts)
    if not stated:
        return None
    known = KnownNumbers(known_numbers(facts, evidence))
    return sum(known.holds(numeral) for numeral in stated) / len(stated)


def stated_numbers(
    output: str, decision: str, facts: Sequence[Mapping[str, Any]]
) -> list[Numeral]:
    """The numbers an answer states; each time one is stated counts."""
    labels = [decision]
    for fact in facts:
        if re.search(r"[^\W\d]", fact["name"]):  # a name of digits alone is no label
            labels.append(fact["name"])
        if fact.get("period"):
            labels.append(fact["period"])
    return read_numbers(measures_only(plain(output), map(plain, labels)))


def known_numbers(
    facts: Sequence[Mapping[str, Any]], evidence: Sequence[Mapping[str, Any]]
) -> Iterator[Decimal]:
    """Every number in the values of the facts and the snippets of the evidence."""
    for fact in facts:
        # The unit may stand in the name: ``income (thousand USD)``.
        brackets = BRACKETS.findall(fact["name"])
        scales = map(scale_of, [fact.get("unit") or "", *brackets])
        scale = next(filter(None, scales), 0)
        for value in _values(fact["value"]):
            yield value
            if scale:
                yield value.scaleb(scale)
    for piece in evidence:
        yield from _in_text(piece.get("snippet") or "")


def _values(value: Any) -> Iterator[Decimal]:
    """The numbers in one value of a fact; true and false are none."""
    if isinstance(value, str):
        yield from _in_text(value)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        return
    elif -HUGE < value < HUGE:
        yield Decimal(str(value))


def _in_text(text: str) -> Iterator[Decimal]:
    """The numbers of a text; ``12 345`` is read both ways, as one number and as two."""
    text = without_ids(plain(text))
    apart = JOINED.sub("; ", text)
    for reading in (text, apart) if apart != text else (text,):
        for numeral in read_numbers(reading):
            yield from numeral

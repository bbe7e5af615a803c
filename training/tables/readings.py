"""A reading: what kind of value the cells of a column are, and how each one is read.

A reading reads a whole column in one way. A cell that does not fit is refused with what
was expected; it is never quietly read in another way.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any, Literal, get_args

from training.tables import dates, numbers
from training.tables.cells import Cell, Value, text_of

Kind = Literal[
    "number", "percent", "money", "date", "month", "duration", "range", "yes_no",
    "code", "category", "text",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)


# What stands in files where nothing is known, compared without case or blanks around.
MISSING = (
    "", "na", "n/a", "n.a.", "#n/a", "#na", "#n/a n/a", "null", "none", "nil", "nan",
    "(null)", "<null>", "<na>", "-", "--", "---", "–", "—", "?", "??", ".", "..", "...",
    "n.v.", "k.a.", "k. a.", "미상", "(blank)", "(empty)", "(none)", "\\n",
)  # fmt: skip
YES_NO_PAIRS = (
    ("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f"), ("예", "아니오"),
    ("예", "아니요"), ("유", "무"), ("있음", "없음"), ("해당", "미해당"),
    ("해당", "비해당"), ("o", "x"), ("ja", "nein"), ("j", "n"), ("oui", "non"),
    ("sí", "no"), ("si", "no"), ("はい", "いいえ"), ("wahr", "falsch"),
)  # fmt: skip
_BOUND = r"[-−]?\d[\d.,]*\s*(?:%|[kKmM])?"
_RANGE = re.compile(
    rf"^(?:(?P<only>[<>≤≥]=?)\s*{_BOUND}"
    rf"|{_BOUND}\s*(?:-|–|~|to|bis|에서|부터)\s*[<≤]?=?\s*{_BOUND}"
    rf"|{_BOUND}\s*(?:\+|이상|초과|이하|미만|or more|or less|and over|and under))$"
)


class DoesNotFit(ValueError):
    """The cell is not what its column was said to hold."""


@dataclass(frozen=True)
class Reading:
    """How the cells of a column are read; as JSON it is part of a recipe.

    ``decimal`` and ``thousands`` are the marks of its numbers, ``unit`` what its values
    count (an ISO 4217 currency, a ratio, months), ``forms`` the forms of its dates
    (names in ``dates``), ``yes`` and ``no`` the words of a yes/no column, and
    ``missing`` the further texts that stand for nothing known.
    """

    kind: Kind
    decimal: str = "."
    thousands: str = ","
    unit: str = ""
    forms: tuple[str, ...] = ()
    yes: str = ""
    no: str = ""
    missing: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        plain = {name: value for name, value in asdict(self).items() if value}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in plain.items()
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Reading":
        """Raises ValueError where the data is no reading."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(data.keys() - known)
        if unknown or data.get("kind") not in KINDS:
            raise ValueError(unknown[0] if unknown else "kind")
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in data.items()
        }
        reading = cls(**values)
        for name in ("decimal", "thousands", "unit", "yes", "no"):
            if not isinstance(getattr(reading, name), str):
                raise ValueError(name)
        for name, known_forms in (("forms", _FORMS), ("missing", None)):
            texts = getattr(reading, name)
            if not isinstance(texts, tuple) or not all(
                isinstance(text, str) and (known_forms is None or text in known_forms)
                for text in texts
            ):
                raise ValueError(name)
        return reading

    @property
    def marks(self) -> numbers.Marks:
        return numbers.Marks(self.decimal, self.thousands)

    def reader(self) -> Callable[[Cell], Value | None]:
        """A function from a cell to its value, None where it is missing.

        It raises DoesNotFit. Equal texts are read once.
        """
        return _Reader(self)


_FORMS = {*dates.DATE_FORMS, *dates.MONTH_FORMS}


def is_missing(text: str, further: frozenset[str] = frozenset()) -> bool:
    """Whether the text stands for nothing known."""
    plain = text.strip().casefold()
    return plain in _MISSING or plain in further


_MISSING = frozenset(MISSING)


class _Reader:
    """Reads the cells of one column and remembers the texts that it has read."""

    MOST_REMEMBERED = 50_000

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._missing = frozenset(text.strip().casefold() for text in reading.missing)
        self._read = _READERS[reading.kind]
        self._remembered: dict[str, Value | None] = {}

    def __call__(self, cell: Cell) -> Value | None:
        text = cell if isinstance(cell, str) else text_of(cell)
        if text in self._remembered:
            return self._remembered[text]
        stripped = text.strip()
        if is_missing(stripped, self._missing):
            value = None
        else:
            value = self._read(stripped, self._reading)
        if len(self._remembered) < self.MOST_REMEMBERED:
            self._remembered[text] = value
        return value


def number_in(text: str, reading: Reading) -> Decimal | None:
    """The number that the text says by the marks of its column, signed and scaled."""
    parsed = numbers.take_apart(text)
    if parsed is None:
        return None
    if parsed.korean:
        number = numbers.korean_value(parsed.korean, reading.marks)
    else:
        number = numbers.value(parsed.digits, reading.marks)
    if number is None:
        return None
    return -number * parsed.scale if parsed.negative else number * parsed.scale


def _number(text: str, reading: Reading) -> Value:
    parsed = numbers.take_apart(text)
    number = number_in(text, reading)
    if parsed is None or number is None or parsed.percent or parsed.currency:
        raise DoesNotFit(text)
    return _json(number, text)


def _json(number: Decimal, text: str) -> Value:
    value = numbers.as_json(number)
    if isinstance(value, float) and not math.isfinite(value):
        raise DoesNotFit(text)
    return value


def _percent(text: str, reading: Reading) -> Value:
    parsed = numbers.take_apart(text)
    number = number_in(text, reading)
    if parsed is None or number is None or not parsed.percent:
        raise DoesNotFit(text)
    return _json(number / 100, text)


def _money(text: str, reading: Reading) -> Value:
    parsed = numbers.take_apart(text)
    number = number_in(text, reading)
    if parsed is None or number is None or parsed.percent:
        raise DoesNotFit(text)
    if parsed.currency and parsed.currency != reading.unit:
        raise DoesNotFit(text)
    return _json(number, text)


def _date(text: str, reading: Reading) -> Value:
    value = dates.read_date(text, reading.forms)
    if value is None:
        raise DoesNotFit(text)
    return value


def _month(text: str, reading: Reading) -> Value:
    value = dates.read_month(text, reading.forms)
    if value is None:
        raise DoesNotFit(text)
    return value


def _duration(text: str, reading: Reading) -> Value:
    parts = dates.duration(text)
    number = numbers.value(parts[0], reading.marks) if parts else None
    if parts is None or number is None:
        raise DoesNotFit(text)
    unit = parts[1]
    if unit != reading.unit:
        factor = dates.IN_SMALLER.get((unit, reading.unit))
        if factor is None:
            raise DoesNotFit(text)
        number *= factor
    return _json(number, text)


def _range(text: str, reading: Reading) -> Value:
    """A range stays a text, without blanks: it names a group, and is no number."""
    if not is_range(text) and number_in(text, reading) is None:
        raise DoesNotFit(text)
    return re.sub(r"\s+", "", text)


def is_range(text: str) -> bool:
    """Whether the text is like ``20%-<30%``, ``<5`` or ``100 or more``."""
    return _RANGE.match(text) is not None


def _yes_no(text: str, reading: Reading) -> Value:
    """One of the two words of the column, in one spelling, and not a number."""
    for word in (reading.yes, reading.no):
        if text.casefold() == word.casefold():
            return word
    raise DoesNotFit(text)


def _as_it_stands(text: str, reading: Reading) -> Value:
    return text


_READERS: dict[Kind, Callable[[str, Reading], Value]] = {
    "number": _number,
    "percent": _percent,
    "money": _money,
    "date": _date,
    "month": _month,
    "duration": _duration,
    "range": _range,
    "yes_no": _yes_no,
    "code": _as_it_stands,
    "category": _as_it_stands,
    "text": _as_it_stands,
}

"""How a fact is read: its name as a feature, its value as a number or a text.

Trainers and predictors share this module, so that both read a case alike. It uses only
the standard library: the web process must never load numpy.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

Fact = Mapping[str, Any]
Value = float | str

LARGEST = 1e100  # squares and sums of numbers within this stay finite


def feature_name(fact: Fact) -> str:
    """The feature a fact belongs to; another period makes another feature."""
    name, period = str(fact.get("name", "")).strip(), fact.get("period")
    if period is None or period == "":
        return name
    return f"{name} ({period})"


def is_absent(value: object) -> bool:
    """Whether the value is null or an empty text."""
    return value is None or (isinstance(value, str) and not value.strip())


def read_value(value: object) -> Value | None:
    """A finite number, a text, or None where the value cannot be used.

    Text is a number if float() reads it, as in a CSV column. Infinities, NaN, lists
    and objects cannot be used; numbers beyond LARGEST count as LARGEST.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _finite(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        number = float(text)
    except ValueError:
        return text or None
    return _finite(number)


def _finite(value: int | float) -> float | None:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return float(min(max(value, -LARGEST), LARGEST))


def read_facts(facts: Iterable[Fact]) -> tuple[dict[str, Value], list[str]]:
    """The usable values by feature name, and the features whose value is unusable.

    Where a feature comes twice, the last value counts.
    """
    values: dict[str, Value] = {}
    unusable: list[str] = []
    for fact in facts:
        raw = fact.get("value")
        if is_absent(raw):
            continue
        value = read_value(raw)
        if value is None:
            unusable.append(feature_name(fact))
        else:
            values[feature_name(fact)] = value
    return values, unusable

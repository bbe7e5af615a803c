"""Reading parts of a model description, refusing what is not as promised."""

import math
from collections.abc import Mapping
from typing import Any

from mlops.predictors.base import ModelFormatError


def fail(what: str) -> ModelFormatError:
    return ModelFormatError(f"model.json is damaged: {what}.")


def a_list(value: Any, what: str, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise fail(f"{what} is not a list of at most {most}")
    return value


def an_object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise fail(f"{what} is not an object")
    return value


def a_text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise fail(f"{what} is not a text")
    return value


def a_number(value: Any, what: str) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise fail(f"{what} is not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise fail(f"{what} is not a finite number")
    return number


def numbers(value: Any, what: str, count: int) -> tuple[float, ...]:
    """Exactly `count` finite numbers."""
    values = a_list(value, what, count)
    if len(values) != count:
        raise fail(f"{what} does not have {count} entries")
    return tuple(a_number(item, what) for item in values)


def whole(value: Any, what: str, least: int, below: int) -> int:
    """A whole number from `least` up to, not including, `below`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise fail(f"{what} is not a whole number")
    if not least <= value < below:
        raise fail(f"{what} is out of range")
    return value


def wholes(value: Any, what: str, size: int, limits: tuple[int, int]) -> list[int]:
    """Exactly `size` whole numbers from the first limit up to below the second."""
    values = a_list(value, what, size)
    if len(values) != size or set(map(type, values)) - {int}:
        raise fail(f"{what} of a tree are not {size} whole numbers")
    if min(values) < limits[0] or max(values) >= limits[1]:
        raise fail(f"{what} of a tree are out of range")
    return values


def floats(value: Any, what: str, size: int) -> list[float]:
    """Exactly `size` finite numbers with a fraction."""
    values = a_list(value, what, size)
    if len(values) != size or set(map(type, values)) - {float}:
        raise fail(f"{what} of a tree are not {size} numbers")
    if not all(map(math.isfinite, values)):
        raise fail(f"{what} of a tree are not all finite")
    return values


def distinct(values: tuple[str, ...], what: str) -> tuple[str, ...]:
    if len(set(values)) != len(values):
        raise fail(f"{what} repeats itself")
    return values

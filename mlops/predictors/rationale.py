"""The rationale of an answer: which facts weighed most, which could not be used."""

from collections.abc import Iterable, Sequence
from typing import Any

from mlops.predictors.columns import Column
from training.features import Fact, Value, feature_name

MOST_FOR, MOST_AGAINST = 3, 2
LEAST_SHARE = 0.1  # of the heaviest; lighter facts are not worth a word
LONGEST_TEXT = 40
MOST_NAMED = 5


WEIGHED, OUTWEIGHED, NOTHING_KNOWN = "weighed", "outweighed", "nothing_known"

Json = dict[str, Any]


def explain(
    decision: str,
    towards: Sequence[tuple[float, Column]],
    values: dict[str, Value],
) -> Json:
    """Which facts weighed most: a code, and the facts as [name, value or None].

    `towards` is (weight towards the decision, column), sorted. A missing fact is named
    only where the model learnt what its absence means; its value is None.
    """
    usable = [(w, c) for w, c in towards if c.name in values or c.absent is not None]
    least = abs(usable[0][0]) * LEAST_SHARE if usable else 0.0
    heavy = [(weight, column) for weight, column in usable if abs(weight) >= least]
    speaking = [_fact(c, values) for weight, c in heavy if weight > 0][:MOST_FOR]
    against = [_fact(c, values) for weight, c in heavy if weight < 0][:MOST_AGAINST]
    code = WEIGHED if speaking else OUTWEIGHED if against else NOTHING_KNOWN
    params = {"decision": decision, "for": speaking, "against": against}
    return {"code": code, "params": params}


def sentence(explanation: Json) -> str:
    """The same as one English sentence, for programs and for the record.

    Pages say it in the reader's language (`mlops.explanations`).
    """
    params = explanation["params"]
    decision = params["decision"]
    speaking = _and([_in_english(*fact) for fact in params["for"]])
    against = _and([_in_english(*fact) for fact in params["against"]])
    if speaking:
        tail = f"; {against} against." if against else "."
        return f"{speaking} weighed most towards {decision}{tail}"
    if against:
        return f"{decision} is the likeliest, though {against} weighed against it."
    return f"No fact that the model knows was given; {decision} is the likeliest."


def _fact(column: Column, values: dict[str, Value]) -> list[str | None]:
    value = values.get(column.name)
    return [column.name, None if value is None else show(value)]


def _in_english(name: str, value: str | None) -> str:
    return f"{name} {'not given' if value is None else '= ' + value}"


def show(value: Value) -> str:
    """A value short enough for a sentence."""
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return f"{value:.4g}"
    if len(value) > LONGEST_TEXT:
        return value[: LONGEST_TEXT - 1] + "…"
    return value


def _and(parts: Sequence[str]) -> str:
    *first, last = parts or [""]
    return f"{', '.join(first)} and {last}" if first else last


def notes_on(
    columns: Sequence[Column],
    facts: Sequence[Fact],
    values: dict[str, Value],
    unusable: Sequence[str],
) -> tuple[str, ...]:
    """What the model ignored, missed, or has no experience with."""
    known = {column.name: column for column in columns}
    pairs = [(column, values.get(column.name)) for column in columns]
    notes = (
        ("Unknown to the model, ignored", [n for n in values if n not in known]),
        ("Neither a number nor a text, ignored", list(unusable)),
        ("Not given", [c.name for c in columns if c.name not in {*values, *unusable}]),
        ("Never seen in training", _with_values(p for p in pairs if _is_new(*p))),
        (
            "Far from anything seen in training",
            _with_values(p for p in pairs if _is_far(*p)),
        ),
        ("Given in another unit than learnt", _other_units(known, facts)),
    )
    return tuple(f"{title}: {_some(names)}." for title, names in notes if names)


def _with_values(pairs: Iterable[tuple[Column, Value | None]]) -> list[str]:
    return [f"{c.name} = {show(value)}" for c, value in pairs if value is not None]


def _is_new(column: Column, value: Value | None) -> bool:
    """A text that training did not hold often enough to tell it from others."""
    if isinstance(value, str):
        return value not in column.levels and bool(column.levels or column.points)
    return value is not None and not column.points


def _is_far(column: Column, value: Value | None) -> bool:
    """Further outside the learnt range than that range is wide: often a wrong unit."""
    if not isinstance(value, float) or not column.points:
        return False
    low, high = column.points[0], column.points[-1]
    return not low - (high - low) <= value <= high + (high - low)


def _other_units(known: dict[str, Column], facts: Sequence[Fact]) -> list[str]:
    mismatches = []
    for fact in facts:
        unit = fact.get("unit")
        column = known.get(feature_name(fact)) if unit else None
        if column is not None and column.unit not in (None, unit):
            mismatches.append(f"{column.name} ({unit}, not {column.unit})")
    return mismatches


def _some(names: Sequence[str]) -> str:
    rest = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")

"""The columns of a `decision` model: what each reads, and what each adds."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from mlops.predictors import checks
from training.features import Value

MOST_COLUMNS = 2_000
MOST_POINTS = 200
MOST_LEVELS = 1_000
MOST_INPUTS = 200_000


@dataclass(frozen=True, slots=True)
class State:
    """One thing a column can say: what it adds, and the input it sets to 1."""

    scores: tuple[float, ...]
    input: int  # -1: none


@dataclass(frozen=True, slots=True)
class Column:
    """One feature: a curve for numbers, a table for texts, or both."""

    name: str
    unit: str | None
    points: tuple[float, ...]
    scores: tuple[tuple[float, ...], ...]
    levels: Mapping[str, State]
    other: State | None
    absent: State | None
    number_input: int  # -1: none
    indicators: tuple[int, ...]

    def state_of(self, value: Value | None) -> State | None:
        """The state of a value that is not on the curve; None if never learnt."""
        if value is None:
            return self.absent
        if isinstance(value, str):
            return self.levels.get(value, self.other)
        return self.other


Inputs = dict[tuple[int, str, str], int]  # (column, kind, text) -> place


def read_columns(
    described: Any, inputs: Any, count: int
) -> tuple[tuple[Column, ...], tuple[int, ...]]:
    """The columns, and for each input of the trees the column it belongs to.

    Raises ModelFormatError.
    """
    entries = checks.a_list(described, "columns", MOST_COLUMNS)
    places, owners = _read_inputs(inputs, len(entries))
    columns = tuple(
        _read_column(checks.an_object(entry, "a column"), place, places, count)
        for place, entry in enumerate(entries)
    )
    checks.distinct(tuple(column.name for column in columns), "the names of columns")
    known = sum((c.number_input >= 0) + len(c.indicators) for c in columns)
    if known != len(owners):
        raise checks.fail("an input belongs to nothing its column can say")
    return columns, owners


def _read_inputs(inputs: Any, columns: int) -> tuple[Inputs, tuple[int, ...]]:
    places: Inputs = {}
    owners = []
    for place, entry in enumerate(checks.a_list(inputs, "inputs", MOST_INPUTS)):
        item = checks.an_object(entry, "an input")
        owner = checks.whole(item.get("column"), "the column of an input", 0, columns)
        kind = checks.a_text(item.get("is"), "what an input is")
        text = checks.a_text(item.get("text", ""), "the text of an input")
        if (owner, kind, text) in places:
            raise checks.fail("two inputs are the same")
        places[owner, kind, text] = place
        owners.append(owner)
    return places, tuple(owners)


def _read_column(
    entry: Mapping[str, Any], place: int, places: Inputs, count: int
) -> Column:
    points, scores = _read_curve(entry, count)
    levels = checks.an_object(entry.get("levels"), "the levels of a column")
    if len(levels) > MOST_LEVELS:
        raise checks.fail(f"a column has more than {MOST_LEVELS} levels")
    unit = entry.get("unit")
    states = {
        text: _read_state(value, places.get((place, "level", text), -1), count)
        for text, value in levels.items()
    }
    other = _maybe_state(
        entry.get("other"), places.get((place, "other", ""), -1), count
    )
    absent = _maybe_state(
        entry.get("absent"), places.get((place, "absent", ""), -1), count
    )
    every = [*states.values(), *(s for s in (other, absent) if s is not None)]
    return Column(
        name=checks.a_text(entry.get("name"), "the name of a column"),
        unit=None if unit is None else checks.a_text(unit, "the unit of a column"),
        points=points,
        scores=scores,
        levels=states,
        other=other,
        absent=absent,
        number_input=places.get((place, "number", ""), -1) if points else -1,
        indicators=tuple(state.input for state in every if state.input >= 0),
    )


def _read_curve(
    entry: Mapping[str, Any], count: int
) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
    listed = checks.a_list(entry.get("points"), "the points of a curve", MOST_POINTS)
    points = checks.numbers(listed, "the points of a curve", len(listed))
    if any(b <= a for a, b in pairwise(points)):
        raise checks.fail("the points of a curve do not ascend")
    rows = checks.a_list(entry.get("scores"), "the scores of a curve", MOST_POINTS)
    if len(rows) != len(points):
        raise checks.fail("a curve has not one score for each point")
    return points, tuple(checks.numbers(row, "a score", count) for row in rows)


def _maybe_state(value: Any, place: int, count: int) -> State | None:
    return None if value is None else _read_state(value, place, count)


def _read_state(value: Any, place: int, count: int) -> State:
    return State(checks.numbers(value, "the scores of a level", count), place)

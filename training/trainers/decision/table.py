"""The cases as columns: numbers and texts apart, so that a column may hold both."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.features import Value
from training.trainers.decision.rows import TrainingCase

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_COLUMNS = 500
NO_TEXT = -1


@dataclass(frozen=True)
class Source:
    """One feature of every case. A case has a number, a text, or neither."""

    name: str
    unit: str | None
    texts: tuple[str, ...]
    numbers: Floats  # NaN where there is none
    codes: Integers  # index into texts; len(texts) is a text not among them


def choose_names(rows: Sequence[TrainingCase]) -> tuple[list[str], list[str]]:
    """The features to learn from, sorted, and those left out as too rarely given."""
    filled = Counter(name for row in rows for name in row.values)
    by_use = sorted(filled, key=lambda name: (-filled[name], name))
    return sorted(by_use[:MOST_COLUMNS]), sorted(by_use[MOST_COLUMNS:])


def tabulate(rows: Sequence[TrainingCase], names: Iterable[str]) -> list[Source]:
    """The columns of the training rows, with the texts that occur in them."""
    sources = []
    for name in names:
        cells = [row.values.get(name) for row in rows]
        texts = tuple(sorted({cell for cell in cells if isinstance(cell, str)}))
        units = {row.units[name] for row in rows if name in row.units}
        # The unit, if every case that names one names the same.
        unit = units.pop() if len(units) == 1 else None
        sources.append(_source(name, unit, texts, cells))
    return sources


def tabulate_like(
    rows: Sequence[TrainingCase], sources: Iterable[Source]
) -> list[Source]:
    """The same columns for other rows; texts new to them become "not among them"."""
    return [
        _source(s.name, s.unit, s.texts, [row.values.get(s.name) for row in rows])
        for s in sources
    ]


def _source(
    name: str, unit: str | None, texts: tuple[str, ...], cells: Sequence[Value | None]
) -> Source:
    place = {text: code for code, text in enumerate(texts)}
    numbers = [cell if isinstance(cell, float) else np.nan for cell in cells]
    codes = [
        place.get(cell, len(texts)) if isinstance(cell, str) else NO_TEXT
        for cell in cells
    ]
    return Source(
        name, unit, texts, np.array(numbers, np.float64), np.array(codes, np.int64)
    )

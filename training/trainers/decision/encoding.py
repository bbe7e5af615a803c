"""From columns to the inputs of a model: numbers as they are, texts as yes/no.

In every case each column is in one state: a number, one of the learnt texts, another
text, absent, or a state too rare in training to have been learnt. In the last one all
inputs of the column are NaN, which the scorecard reads as "average" and the trees as
"the way most cases went".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.trainers.decision.table import Floats, Integers, Source

MOST_LEVELS = 40
MOST_KNOTS = 9
ROWS_PER_KNOT = 30
ROWS_FOR_TRIMMING = 200

OTHER, ABSENT, NUMBER, UNLEARNT = -1, -2, -3, -4  # states; texts are their codes


@dataclass(frozen=True)
class EncodedColumn:
    """What was learnt to tell apart in one source."""

    source: int
    points: tuple[float, ...]  # ends and bends of the curve; none: no numbers
    states: tuple[int, ...]  # learnt states besides NUMBER

    @property
    def indicators(self) -> tuple[int, ...]:
        """The states that have a yes/no input; of just two, one says it all."""
        if not self.points and len(self.states) == 2:
            return self.states[1:]
        return self.states

    @property
    def width(self) -> int:
        return len(self.indicators) + bool(self.points)


def rare_below(rows: int) -> int:
    """How many cases must share a state before it is learnt."""
    return max(2, rows // 200)


def fit_columns(sources: Sequence[Source], rows: Integers) -> list[EncodedColumn]:
    """What can be told apart in these rows; columns that say nothing are left out."""
    columns = [_fit_column(i, source, rows) for i, source in enumerate(sources)]
    return [c for c in columns if c.points or len(c.states) > 1]


def _fit_column(place: int, source: Source, rows: Integers) -> EncodedColumn:
    numbers, codes = source.numbers[rows], source.codes[rows]
    least = rare_below(len(rows))
    points = _points(numbers[~np.isnan(numbers)], least)
    counts = np.bincount(codes[codes >= 0], minlength=len(source.texts))
    frequent = [int(code) for code in np.argsort(-counts, kind="stable")[:MOST_LEVELS]]
    levels = sorted(code for code in frequent if counts[code] >= least)
    left = len(rows) - int(counts[levels].sum())
    absent = int(np.sum(np.isnan(numbers) & (codes < 0)))
    others = left - absent - (int(np.sum(~np.isnan(numbers))) if points else 0)
    states = [*levels]
    states += [OTHER] if others >= least else []
    states += [ABSENT] if absent >= least else []
    return EncodedColumn(place, points, tuple(states))


def _points(numbers: Floats, least: int) -> tuple[float, ...]:
    """Where the curve of a number may bend, between its trimmed ends."""
    if len(numbers) < least or numbers.min() == numbers.max():
        return ()
    low, high = float(numbers.min()), float(numbers.max())
    if len(numbers) >= ROWS_FOR_TRIMMING:
        # A few wild values would stretch the curve; all equal but these, they stay.
        inner_low, inner_high = np.quantile(numbers, [0.005, 0.995], method="lower")
        if inner_low < inner_high:
            low, high = float(inner_low), float(inner_high)
    distinct = np.unique(numbers)
    room = min(MOST_KNOTS, len(numbers) // ROWS_PER_KNOT)
    knots = distinct
    if len(distinct) - 2 > room:
        shares = np.linspace(0.05, 0.95, room) if room > 1 else np.full(room, 0.5)
        knots = np.unique(np.quantile(numbers, shares, method="lower"))
    inner = knots[(knots > low) & (knots < high)]
    return (low, *(float(k) for k in inner), high)


def encode(
    columns: Sequence[EncodedColumn], sources: Sequence[Source], rows: Integers
) -> Floats:
    """Cases x inputs: one input for each number, one for each indicator (0 or 1).

    NaN where there is no number, or a state that was too rare to be learnt.
    """
    blocks = [_block(column, sources[column.source], rows) for column in columns]
    return np.hstack(blocks) if blocks else np.empty((len(rows), 0))


def _block(column: EncodedColumn, source: Source, rows: Integers) -> Floats:
    numbers = source.numbers[rows]
    states = _states(column, source, numbers, source.codes[rows])
    parts = [np.where(states == NUMBER, numbers, np.nan)] if column.points else []
    for state in column.indicators:
        parts.append(np.where(states == UNLEARNT, np.nan, states == state))
    return np.column_stack(parts)


def _states(
    column: EncodedColumn, source: Source, numbers: Floats, codes: Integers
) -> Integers:
    known = np.full(len(source.texts) + 1, OTHER)
    for state in column.states:
        if state >= 0:
            known[state] = state
    states = np.where(codes >= 0, known[codes], OTHER)
    states[(codes < 0) & np.isnan(numbers)] = ABSENT
    for state in (OTHER, ABSENT):
        if state not in column.states:
            states[states == state] = UNLEARNT
    if column.points:
        states[~np.isnan(numbers)] = NUMBER
    return states

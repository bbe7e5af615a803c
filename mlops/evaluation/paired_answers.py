"""The answers of two models to the same cases, and a figure with its interval.

Apart from ``comparison``, so that both it and ``resampling`` can import them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from training.measures import Probabilities

RESAMPLES = 2_000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Answers:
    """The answers of two models to the same cases, and what people decided.

    Three sequences of one length, in the same order of cases.
    """

    candidate: Sequence[Probabilities]
    champion: Sequence[Probabilities]
    truth: Sequence[str]

    @property
    def labels(self) -> list[str]:
        rows = [*self.candidate, *self.champion]
        return sorted({*self.truth, *(label for row in rows for label in row)})


@dataclass(frozen=True)
class Interval:
    """A figure and its interval of 95 % confidence."""

    value: float
    low: float
    high: float

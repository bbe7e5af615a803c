"""The scorecard: a regularised logistic regression, one curve or table per column.

A number enters as a piecewise linear curve, a state as a yes/no, both standardised.
What a column adds to the score depends on that column alone, so the fitted model is
kept as points on curves and entries in tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from training.trainers.decision.encoding import EncodedColumn
from training.trainers.decision.table import Floats, Integers

STRENGTHS = (0.03, 0.3, 3.0)
CAUTIOUS = 0.3  # where the data cannot choose
STIFFNESS = 3.0  # a bend must earn its place: it costs 9 times what a slope costs


@dataclass(frozen=True)
class Basis:
    """Standardised curves and indicators of the inputs."""

    columns: tuple[EncodedColumn, ...]
    means: Floats
    scales: Floats

    def terms(self, inputs: Floats) -> Floats:
        """NaN becomes 0: the average, which moves no score."""
        terms = (_expand(self.columns, inputs) - self.means) / self.scales
        return np.nan_to_num(terms, nan=0.0)


def fit_basis(columns: Sequence[EncodedColumn], inputs: Floats) -> Basis:
    """Mean and scale of each term, over the cases that have it.

    ``inputs`` has a row for each case, as ``encode`` makes it.
    """
    terms = _expand(columns, inputs)
    present = ~np.isnan(terms)
    filled, count = np.where(present, terms, 0.0), np.maximum(present.sum(axis=0), 1)
    means = filled.sum(axis=0) / count
    spread = np.where(present, terms - means, 0.0)
    scales = np.sqrt((spread**2).sum(axis=0) / count)
    scales[~(scales > 0)] = 1.0
    return Basis(tuple(columns), means, scales * _stiffness(columns))


def _stiffness(columns: Sequence[EncodedColumn]) -> Floats:
    """What each term's scale is multiplied by: a larger scale is a dearer weight."""
    factors: list[float] = []
    for column in columns:
        if column.points:
            factors += [1.0, *[STIFFNESS] * (len(column.points) - 2)]
        factors += [1.0] * len(column.indicators)
    return np.array(factors)


def _expand(columns: Sequence[EncodedColumn], inputs: Floats) -> Floats:
    """The terms before scaling: per number a slope and its bends, per state yes/no."""
    parts, place = [], 0
    for column in columns:
        if column.points:
            low, *knots, high = column.points
            number = np.clip(inputs[:, place], low, high)
            parts.append(number)
            parts.extend(np.maximum(number - knot, 0.0) for knot in knots)
            place += 1
        end = place + len(column.indicators)
        parts.extend(inputs[:, place:end].T)
        place = end
    return np.column_stack(parts)


@dataclass(frozen=True)
class Linear:
    """A fitted scorecard; one score for two decisions, else one per decision."""

    basis: Basis
    weights: Floats  # scores x terms
    intercept: Floats

    def scores(self, inputs: Floats) -> Floats:
        return self.basis.terms(inputs) @ self.weights.T + self.intercept

    def contributions(self, inputs: Floats) -> Floats:
        """The scores without the intercept."""
        return self.basis.terms(inputs) @ self.weights.T


def fit_linear(basis: Basis, terms: Floats, labels: Integers, c: float) -> Linear:
    """Fit on terms that `basis` made."""
    model = LogisticRegression(C=c, max_iter=2000, tol=1e-5)
    model.fit(terms, labels)
    return Linear(basis, model.coef_, model.intercept_)

"""How sure a difference between two models is: the paired bootstrap.

The cases are drawn anew with replacement, both models are measured on the same draw,
and the differences over all draws give a percentile interval: Efron and Tibshirani, An
Introduction to the Bootstrap (1993), chapter 13; paired as by Koehn, Statistical
Significance Tests for Machine Translation Evaluation (EMNLP 2004). Below about 30
cases such an interval is too narrow: ask for more before acting on it.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mlops.services.comparison import CONFIDENCE, RESAMPLES, Answers, Interval
from training.measures import Probabilities, best, brier_of, log_loss_of

Table = NDArray[np.float64]
AT_ONCE = 200_000  # drawn cases held in memory: a few megabytes
DEFINED = 0.99  # of the draws; an interval from fewer would flatter


def differences(answers: Answers, *, seed: str) -> dict[str, Interval | None]:
    """Of log loss, accuracy, Brier score and AUC; None where one is undefined.

    The AUC is undefined when people decided all cases alike.
    """
    if not answers.truth:
        return dict.fromkeys(("log_loss", "accuracy", "brier", "auc"))
    table = np.array(_by_case(answers))
    areas = _Areas(answers)
    once = np.ones((1, len(table)))
    point = [*table.mean(axis=0), areas.difference(once)[0]]
    means, auc = [], []
    for weights in _draws(len(table), seed):
        means.append(weights @ table / len(table))
        auc.append(areas.difference(weights))
    drawn = [*np.concatenate(means).T, np.concatenate(auc)]
    names = ("log_loss", "accuracy", "brier", "auc")
    return {
        name: _interval(float(value), column)
        for name, value, column in zip(names, point, drawn, strict=True)
    }


def _by_case(answers: Answers) -> list[tuple[float, float, float]]:
    """Each case's part of the differences of log loss, accuracy and Brier score."""
    labels = answers.labels
    rows = zip(answers.candidate, answers.champion, answers.truth, strict=True)
    return [
        (
            log_loss_of(mine, true) - log_loss_of(theirs, true),
            float(best(mine) == true) - float(best(theirs) == true),
            brier_of(mine, true, labels) - brier_of(theirs, true, labels),
        )
        for mine, theirs, true in rows
    ]


def _draws(n: int, seed: str) -> Iterator[Table]:
    """How often each case was drawn: rows are draws. The same seed, the same rows."""
    chance = np.random.Generator(np.random.PCG64(int(seed, 16)))
    left = RESAMPLES
    while left:
        size = min(left, max(1, AT_ONCE // n))
        chosen = chance.integers(0, n, (size, n)) + np.arange(size)[:, None] * n
        counts = np.bincount(chosen.ravel(), minlength=size * n)
        yield counts.reshape(size, n).astype(np.float64)
        left -= size


def _interval(value: float, drawn: Table) -> Interval | None:
    defined = drawn[~np.isnan(drawn)]
    if math.isnan(value) or len(defined) < DEFINED * RESAMPLES:
        return None
    outside = (1 - CONFIDENCE) / 2
    low, high = np.quantile(defined, [outside, 1 - outside])
    return Interval(value, float(low), float(high))


class _Scale:
    """Cases in the order of one decision's probability, equal ones in groups."""

    def __init__(
        self, model: Sequence[Probabilities], truth: Sequence[str], label: str
    ) -> None:
        scores = np.array([row.get(label, 0.0) for row in model])
        self._order = np.argsort(scores, kind="stable")
        ordered = scores[self._order]
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self._positive = np.array([true == label for true in truth])[self._order]

    def area(self, weights: Table) -> Table:
        """The Mann-Whitney estimate, ties counting half; NaN if one side is empty."""
        ordered = weights[:, self._order]
        ones = np.add.reduceat(ordered * self._positive, self._starts, axis=1)
        rest = np.add.reduceat(ordered * ~self._positive, self._starts, axis=1)
        below = np.cumsum(rest, axis=1) - rest / 2
        pairs = ones.sum(axis=1) * rest.sum(axis=1)
        area: Table = (ones * below).sum(axis=1) / np.maximum(pairs, 1)
        area[pairs == 0] = np.nan
        return area


class _Areas:
    """The AUC of both models under any weights of the cases, ordered only once.

    As ``training.measures`` defines it: one decision against the rest, averaged over
    those that occur; of two decisions, the second.
    """

    def __init__(self, answers: Answers) -> None:
        labels = answers.labels
        asked = labels[1:] if len(labels) == 2 else labels
        models = (answers.candidate, answers.champion)
        self._scales = [
            [_Scale(model, answers.truth, label) for label in asked] for model in models
        ]

    def difference(self, weights: Table) -> Table:
        """One for each row of weights; NaN where only one decision was drawn."""
        mine, theirs = (self._mean(scales, weights) for scales in self._scales)
        return mine - theirs

    def _mean(self, scales: list[_Scale], weights: Table) -> Table:
        areas = np.array([scale.area(weights) for scale in scales])
        found = ~np.isnan(areas)
        counted = found.sum(axis=0)
        total = np.where(found, areas, 0.0).sum(axis=0)
        return np.where(counted > 0, total / np.maximum(counted, 1), np.nan)

"""Intervals of measures, and of differences between two models: the paired bootstrap.

The cases are drawn anew with replacement, models are measured on the same draws, and
the figures over all draws give a percentile interval: Efron and Tibshirani, An
Introduction to the Bootstrap (1993), chapter 13; paired as by Koehn, Statistical
Significance Tests for Machine Translation Evaluation (EMNLP 2004). Below about 30
cases such an interval is too narrow: ask for more before acting on it.
"""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mlops.evaluation.paired_answers import CONFIDENCE, RESAMPLES, Answers, Interval
from training.measures import MOST_LABELS, Probabilities, best, brier_of, log_loss_of

Table = NDArray[np.float64]
NAMES = ("log_loss", "accuracy", "balanced_accuracy", "brier", "auc")
AT_ONCE = 200_000  # drawn cases held in memory: a few megabytes
DEFINED = 0.99  # of the draws; an interval from fewer would flatter


def measures(
    model: Sequence[Probabilities], truth: Sequence[str], *, seed: str
) -> dict[str, Interval | None]:
    """The interval of each measure of one model; None where it is undefined.

    The same seed gives the same draws, whichever model is measured on them.
    """
    labels = sorted({*truth, *(label for row in model for label in row)})
    return _intervals(_WeightedMeasures(model, truth, labels).under, len(truth), seed)


def differences(answers: Answers, *, seed: str) -> dict[str, Interval | None]:
    """The interval of each difference, candidate minus champion; None if undefined.

    The AUC is undefined when people decided all cases alike.
    """
    mine, theirs = (
        _WeightedMeasures(model, answers.truth, answers.labels)
        for model in (answers.candidate, answers.champion)
    )
    return _intervals(
        lambda weights: mine.under(weights) - theirs.under(weights),
        len(answers.truth),
        seed,
    )


def _intervals(
    under: Callable[[Table], Table], n: int, seed: str
) -> dict[str, Interval | None]:
    """``under`` computes, for weights of the ``n`` cases, a row for each of NAMES."""
    if not n:
        return dict.fromkeys(NAMES)
    point = under(np.ones((1, n)))[:, 0]
    resampled = np.concatenate([under(weights) for weights in _draws(n, seed)], axis=1)
    return {
        name: _interval(float(value), row)
        for name, value, row in zip(NAMES, point, resampled, strict=True)
    }


def _draws(n: int, seed: str) -> Iterator[Table]:
    """How often each case was drawn: a row for each draw, a column for each case.

    In blocks that fit in memory; the same seed gives the same rows.
    """
    chance = np.random.Generator(np.random.PCG64(int(seed, 16)))
    left = RESAMPLES
    while left:
        size = min(left, max(1, AT_ONCE // n))
        chosen = chance.integers(0, n, (size, n)) + np.arange(size)[:, None] * n
        counts = np.bincount(chosen.ravel(), minlength=size * n)
        yield counts.reshape(size, n).astype(np.float64)
        left -= size


def _interval(value: float, resampled: Table) -> Interval | None:
    """The percentile interval; None where too few draws have a defined value."""
    defined = resampled[~np.isnan(resampled)]
    if math.isnan(value) or len(defined) < DEFINED * RESAMPLES:
        return None
    outside = (1 - CONFIDENCE) / 2
    low, high = np.quantile(defined, [outside, 1 - outside])
    return Interval(value, float(low), float(high))


class _WeightedMeasures:
    """One model's measures under any weights of its cases.

    What does not depend on the weights is computed once. The measures are those of
    ``training.measures``. For the AUC: one decision against the rest,
    averaged over those that occur; of two decisions, the second.
    """

    def __init__(
        self,
        model: Sequence[Probabilities],
        truth: Sequence[str],
        labels: Sequence[str],
    ) -> None:
        self._parts = np.array(
            [
                (log_loss_of(row, true), best(row) == true, brier_of(row, true, labels))
                for row, true in zip(model, truth, strict=True)
            ],
            dtype=np.float64,
        ).reshape(-1, 3)
        few = labels if len(labels) <= MOST_LABELS else []
        decided = [[true == label for label in few] for true in truth]
        self._decided = np.array(decided, dtype=np.float64).reshape(
            len(truth), len(few)
        )
        scale_labels = few[1:] if len(few) == 2 else few
        self._scales = [_AucScale(model, truth, label) for label in scale_labels]

    def under(self, weights: Table) -> Table:
        """A row for each of NAMES, a column for each row of weights; NaN: undefined."""
        log_loss, accuracy, brier = (weights @ self._parts / weights.shape[1]).T
        balanced = self._balanced_accuracy(weights)
        return np.array([log_loss, accuracy, balanced, brier, self._area(weights)])

    def _balanced_accuracy(self, weights: Table) -> Table:
        if not self._decided.size:
            return np.full(len(weights), np.nan)
        totals = weights @ self._decided
        right = weights @ (self._decided * self._parts[:, 1:2])
        return _mean(np.where(totals > 0, right / np.maximum(totals, 1), np.nan).T)

    def _area(self, weights: Table) -> Table:
        """NaN where only one decision was drawn."""
        if not self._scales:
            return np.full(len(weights), np.nan)
        return _mean(np.array([scale.area(weights) for scale in self._scales]))


def _mean(rows: Table) -> Table:
    """The mean over the rows, of the defined values; NaN where there is none."""
    defined = ~np.isnan(rows)
    count = defined.sum(axis=0)
    total = np.where(defined, rows, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


class _AucScale:
    """The area under the curve of one decision, under any weights of the cases.

    The cases stand in the order of that decision's probability, ties in groups.
    """

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

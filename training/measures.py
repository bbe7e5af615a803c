"""How good are probabilities, measured on cases whose decision is known.

One implementation for the trainer's report and for comparing a candidate with the
version serving now. Standard library only. The definitions are scikit-learn's; where
those refuse (a label the model never learnt, one label only) the measure is None or
counts the label as never predicted.
"""

import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Probabilities = Mapping[str, float]

MOST_LABELS = 50  # with a row of their own in the confusion matrix
OTHER = ""  # the rest of them, pooled; no decision is empty
SMALLEST = sys.float_info.epsilon  # scikit-learn clips probabilities here too


@dataclass(frozen=True)
class Metrics:
    """Measures on `n` cases; each is None where it is undefined."""

    n: int
    accuracy: float | None
    balanced_accuracy: float | None
    auc: float | None
    log_loss: float | None
    brier: float | None
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]  # rows: true label, columns: answer

    def numbers(self) -> dict[str, float]:
        """The measures that are defined, by name."""
        names = ("accuracy", "balanced_accuracy", "auc", "log_loss", "brier")
        pairs = ((name, getattr(self, name)) for name in names)
        return {name: value for name, value in pairs if value is not None}

    def as_json(self) -> dict[str, Any]:
        """The form kept in reports and model versions."""
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced_accuracy,
            "auc": self.auc,
            "log_loss": self.log_loss,
            "brier": self.brier,
            "confusion": {
                "labels": list(self.labels),
                "counts": [list(row) for row in self.confusion],
            },
        }


def best(probabilities: Probabilities) -> str:
    """The most probable decision; of equals, the first in the model's own order."""
    return max(probabilities, key=probabilities.__getitem__)


def measure(predicted: Sequence[Probabilities], truth: Sequence[str]) -> Metrics:
    """Measure probabilities (decision -> probability, one mapping per case).

    Raises ValueError if there are not as many answers as true labels.
    """
    pairs = list(zip(predicted, truth, strict=True))
    labels = tuple(sorted({*truth, *(k for p in predicted for k in p)}))
    counts = Counter((label, best(row)) for row, label in pairs)
    confusion_labels, confusion = _confusion(counts, labels)
    n, cases = len(pairs), Counter(truth)
    recalls = [counts[label, label] / cases[label] for label in sorted(cases)]
    return Metrics(
        n=n,
        accuracy=sum(counts[label, label] for label in labels) / n if n else None,
        balanced_accuracy=_mean(recalls),
        auc=_auc(predicted, truth, labels),
        log_loss=_mean([log_loss_of(row, y) for row, y in pairs]),
        brier=_mean([brier_of(row, y, labels) for row, y in pairs]),
        labels=confusion_labels,
        confusion=confusion,
    )


def _confusion(
    counts: Mapping[tuple[str, str], int], labels: Sequence[str]
) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """Counts of the commonest labels; those of very many are pooled as OTHER."""
    rows = commonest(counts, labels)
    place = {label: i for i, label in enumerate(rows)}
    other = len(rows) - 1
    table = [[0] * len(rows) for _ in rows]
    for (true, answer), n in counts.items():
        table[place.get(true, other)][place.get(answer, other)] += n
    return rows, tuple(map(tuple, table))


def commonest(
    counts: Mapping[tuple[str, str], int], labels: Sequence[str]
) -> tuple[str, ...]:
    """All labels, or of very many those that occur most, sorted, and OTHER."""
    if len(labels) <= MOST_LABELS:
        return tuple(labels)
    times: Counter[str] = Counter()
    for pair, n in counts.items():
        for label in pair:
            times[label] += n
    most = sorted(labels, key=lambda label: (-times[label], label))
    return (*sorted(most[: MOST_LABELS - 1]), OTHER)


def measure_commonest(shares: Probabilities, truth: Sequence[str]) -> Metrics:
    """Measure "always the commonest decision", `shares` being those of training."""
    return measure([shares] * len(truth), truth)


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def log_loss_of(row: Probabilities, label: str) -> float:
    """One case's part of the log loss, in nats; a label unknown to the model is 0."""
    probability = min(max(row.get(label, 0.0), SMALLEST), 1.0 - SMALLEST)
    return -math.log(probability)


def brier_of(row: Probabilities, label: str, labels: Sequence[str]) -> float:
    """Squared error over all labels; halved for two, so that it is at most 1."""
    unknown = 0.0 if label in row else 1.0
    total = math.fsum([*((p - (k == label)) ** 2 for k, p in row.items()), unknown])
    return total / 2 if len(labels) <= 2 else total


def _auc(
    predicted: Sequence[Probabilities], truth: Sequence[str], labels: Sequence[str]
) -> float | None:
    """The area under the ROC curve of each label against the rest, averaged.

    None if only one label occurs, or very many: they would be ranked once for each.
    """
    present = set(truth)
    if not 2 <= len(present) <= MOST_LABELS:
        return None
    areas = [
        _area([row.get(label, 0.0) for row in predicted], [y == label for y in truth])
        for label in (labels[1:] if len(labels) == 2 else labels)
        if label in present
    ]
    return _mean(areas)


def _area(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """The area under one ROC curve by the Mann-Whitney U statistic; ties count half."""
    order = sorted(range(len(scores)), key=scores.__getitem__)
    ranks, start, n = 0.0, 0, len(order)
    while start < n:
        end = start
        while end < n and scores[order[end]] == scores[order[start]]:
            end += 1
        middle = (start + 1 + end) / 2
        ranks += middle * sum(positive[i] for i in order[start:end])
        start = end
    ones = sum(positive)
    return (ranks - ones * (ones + 1) / 2) / (ones * (n - ones))

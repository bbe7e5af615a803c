"""The tree model: a small random forest, and its export as plain lists.

Its trees see the bin a value falls into, not the value: scikit-learn's trees round to
32 bits, bins are exact. A bin's upper edge becomes the threshold in the export.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from training.features import LARGEST
from training.trainers.decision.encoding import ABSENT, EncodedColumn
from training.trainers.decision.table import Floats, Integers

FEWEST_ROWS = 60
MOST_DECISIONS = 10
MOST_EDGES = 255
TREES = 60
LARGE = 4000
FLOOR = 0.01  # this part of a share comes from training's, so that none is 0


@dataclass(frozen=True)
class Growth:
    """How trees are grown: the fewest cases and the most leaves."""

    cases: int
    leaves: int


@dataclass(frozen=True)
class FittedForest:
    """A fitted forest; `root` is the mean share of each decision in its roots."""

    used: Integers  # places among the inputs
    model: RandomForestClassifier
    edges: tuple[Floats, ...]
    root: Floats

    def scores(self, inputs: Floats) -> Floats:
        """Log odds for two decisions, else the logarithm of each share."""
        averages = self.model.predict_proba(_bins(inputs[:, self.used], self.edges))
        shares = (1 - FLOOR) * averages + FLOOR * self.root
        logs = np.log(shares)
        return np.asarray(logs[:, 1:] - logs[:, :1] if logs.shape[1] == 2 else logs)


def possible(rows: int, decisions: int) -> bool:
    """Trees need some cases, and are not tried for very many decisions."""
    return rows >= FEWEST_ROWS and decisions <= MOST_DECISIONS


def growths(rows: int) -> list[Growth]:
    """What to try."""
    leaves = 128 if rows > LARGE else 64
    return [Growth(3, leaves), Growth(10, leaves)]


def fit_forest(
    columns: Sequence[EncodedColumn],
    inputs: Floats,
    labels: Integers,
    growth: Growth,
    seed: int,
) -> FittedForest:
    """Fit on inputs that `columns` made."""
    used = _useful_inputs(columns)
    used_inputs = inputs[:, used]
    model = RandomForestClassifier(
        TREES,
        min_samples_leaf=growth.cases,
        max_leaf_nodes=growth.leaves,
        random_state=seed,
    )
    edges = tuple(_edges(column) for column in used_inputs.T)
    model.fit(_bins(used_inputs, edges), labels)
    roots = np.array([tree.tree_.value[0, 0] for tree in model.estimators_])
    return FittedForest(used, model, edges, roots.mean(axis=0))


def _useful_inputs(columns: Sequence[EncodedColumn]) -> Integers:
    """All inputs but "this number is absent", which trees see in the number itself."""
    worth = []
    for column in columns:
        worth += [True] if column.points else []
        worth += [not column.points or s != ABSENT for s in column.indicators]
    return np.flatnonzero(worth)


def _edges(values: Floats) -> Floats:
    """Between neighbouring values; at most 255, more densely where cases are."""
    present = values[~np.isnan(values)]
    distinct = np.unique(present)
    middles = distinct[:-1] + (distinct[1:] - distinct[:-1]) / 2
    if len(middles) <= MOST_EDGES:
        return np.asarray(middles)
    shares = np.linspace(0, 1, MOST_EDGES + 2)[1:-1]
    at = np.unique(
        np.searchsorted(distinct, np.quantile(present, shares, method="lower"))
    )
    return np.asarray(middles[at[at < len(middles)]])


def _bins(inputs: Floats, edges: Sequence[Floats]) -> Floats:
    """How many edges lie below each value; NaN stays NaN."""
    columns = [
        np.where(np.isnan(values), np.nan, np.searchsorted(limits, values))
        for values, limits in zip(inputs.T, edges, strict=True)
    ]
    return np.column_stack(columns)


def export_forest(forest: FittedForest, weight: float) -> dict[str, Any]:
    """The forest as lists of nodes, parents before children.

    A leaf has input -1. `shares` holds the share of each decision (of the second, if
    there are two) among the training cases of each node: what a turn there changes is
    owed to the column it asks about (Saabas' attribution).
    """
    return {
        "weight": weight,
        "floor": FLOOR,
        "trees": [_export_tree(t.tree_, forest) for t in forest.model.estimators_],
    }


def _export_tree(tree: Any, forest: FittedForest) -> dict[str, Any]:
    inner = tree.children_left >= 0
    thresholds = [
        # The upper edge of the last bin that goes left. Where a tree asks only whether
        # there is a value, its threshold is infinite and all bins go left.
        (
            float(forest.edges[feature][int(threshold)])
            if np.isfinite(threshold)
            else LARGEST
        )
        if turns
        else 0.0
        for feature, threshold, turns in zip(
            tree.feature, tree.threshold, inner, strict=True
        )
    ]
    split_inputs = forest.used[np.where(inner, tree.feature, 0)]
    shares = tree.value[:, 0, :]
    return {
        "input": np.where(inner, split_inputs, -1).tolist(),
        "threshold": thresholds,
        "missing_left": np.where(inner, tree.missing_go_to_left, 0).tolist(),
        "left": np.where(inner, tree.children_left, 0).tolist(),
        "right": np.where(inner, tree.children_right, 0).tolist(),
        "shares": (shares[:, 1:] if shares.shape[1] == 2 else shares).T.tolist(),
    }

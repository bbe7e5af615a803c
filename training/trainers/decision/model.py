"""The finished model, fitted on every training case."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.trainers.contract import DataError
from training.trainers.decision import linear, trees
from training.trainers.decision.calibration import Calibration
from training.trainers.decision.encoding import EncodedColumn, encode, fit_columns
from training.trainers.decision.linear import Linear
from training.trainers.decision.selection import CaseTable, Choice
from training.trainers.decision.table import Floats, Source
from training.trainers.decision.trees import FittedForest


@dataclass(frozen=True)
class Model:
    """A scorecard, trees, or the mean of both, with one calibrator."""

    columns: tuple[EncodedColumn, ...]
    card: Linear | None
    forest: FittedForest | None
    calibration: Calibration

    @property
    def share(self) -> float:
        """The weight of each part in the score."""
        return 0.5 if self.card is not None and self.forest is not None else 1.0

    def probabilities(self, sources: Sequence[Source]) -> Floats:
        """Calibrated, one row per case, one column per decision."""
        rows = np.arange(len(sources[0].numbers))
        inputs = encode(self.columns, sources, rows)
        parts = [self.card.scores(inputs)] if self.card is not None else []
        if self.forest is not None:
            parts.append(self.forest.scores(inputs))
        return self.calibration.probabilities(self.share * np.sum(parts, axis=0))


def fit_model(cases: CaseTable, choice: Choice, seed: int) -> Model:
    """Fit the chosen kind of model on all training cases.

    Raises DataError if no column tells one case from another.
    """
    everything = np.arange(len(cases.labels))
    columns = fit_columns(cases.sources, everything)
    if not columns:
        raise DataError(
            "No usable facts: each fact is the same in every case, or different in "
            "every case, so none of them can tell one decision from another."
        )
    inputs = encode(columns, cases.sources, everything)
    card, forest = None, None
    if choice.kind != "trees":
        basis = linear.fit_basis(columns, inputs)
        terms = basis.terms(inputs)
        card = linear.fit_linear(basis, terms, cases.labels, choice.strength)
    if choice.kind != "linear" and choice.growth is not None:
        forest = trees.fit_forest(columns, inputs, cases.labels, choice.growth, seed)
    return Model(tuple(columns), card, forest, choice.calibration)

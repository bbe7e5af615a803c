"""The whole recipe in one call: what the trainer does between reading and writing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from training.trainers.decision.model import Model, fit_model
from training.trainers.decision.options import Options
from training.trainers.decision.rows import TrainingCase, check_learnable
from training.trainers.decision.selection import CaseTable, Choice, OnRound, choose
from training.trainers.decision.table import choose_names, tabulate, tabulate_like


@dataclass(frozen=True)
class TrainingResult:
    """A fitted model with the cases it learnt from and how it was chosen."""

    decisions: tuple[str, ...]
    cases: CaseTable
    choice: Choice
    model: Model
    too_rare: list[str]  # features beyond the number that can be learnt

    @property
    def counts(self) -> dict[str, int]:
        """How often each decision was learnt from."""
        counts = np.bincount(self.cases.labels, minlength=len(self.decisions))
        return dict(zip(self.decisions, counts.tolist(), strict=True))

    @property
    def shares(self) -> dict[str, float]:
        total = len(self.cases.labels)
        return {decision: count / total for decision, count in self.counts.items()}

    @property
    def used(self) -> list[str]:
        return [self.cases.sources[c.source].name for c in self.model.columns]

    @property
    def unused(self) -> list[str]:
        known = {column.source for column in self.model.columns}
        sources = self.cases.sources
        return [s.name for i, s in enumerate(sources) if i not in known] + self.too_rare

    def predict(self, rows: Sequence[TrainingCase]) -> list[dict[str, float]]:
        """Calibrated probabilities by decision, one mapping per row."""
        table = self.model.probabilities(tabulate_like(rows, self.cases.sources))
        return [dict(zip(self.decisions, p, strict=True)) for p in table.tolist()]


def learn(
    rows: list[TrainingCase], options: Options, on_round: OnRound
) -> TrainingResult:
    """Choose and fit a model. Raises DataError where these rows teach nothing.

    One thread, so that the sums come out the same on every run.
    """
    decisions = check_learnable(rows)
    names, too_rare = choose_names(rows)
    index = {decision: i for i, decision in enumerate(decisions)}
    labels = np.array([index[row.decision] for row in rows], np.int64)
    cases = CaseTable(tabulate(rows, names), labels, len(decisions))
    with threadpool_limits(1):
        fit_model(cases, Choice("linear"), options.seed)  # refuse before the long part
        choice = choose(cases, options, on_round)
        model = fit_model(cases, choice, options.seed)
    return TrainingResult(decisions, cases, choice, model, too_rare)

"""Choosing the model: repeated stratified cross-validation, by log loss.

Everything that is learnt from data, the encoding too, is learnt again in each round
from the cases of that round, so that no held-out case is seen beforehand.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from sklearn.model_selection import StratifiedKFold

from training.trainers.decision import linear, trees
from training.trainers.decision.calibration import (
    Calibration,
    fit_calibration,
    log_loss,
)
from training.trainers.decision.encoding import encode, fit_columns
from training.trainers.decision.options import Options
from training.trainers.decision.table import Floats, Integers, Source
from training.trainers.decision.trees import Growth

MOST_FOLDS = 5
LARGE, VERY_LARGE = 5_000, 20_000

Setting = float | Growth  # strength of a scorecard, or how trees are grown
OnRound = Callable[[int, int, dict[str, float]], None]


@dataclass(frozen=True)
class CaseTable:
    """Training cases as columns, with the index of each case's decision."""

    sources: Sequence[Source]
    labels: Integers
    decisions: int

    @property
    def score_count(self) -> int:
        return 1 if self.decisions == 2 else self.decisions


@dataclass(frozen=True)
class HeldOut:
    """Scores of cases by a model that had not seen them, repeats one after another."""

    scores: Floats  # repeats x testable cases x scores
    labels: Integers  # of the testable cases

    def flat(self) -> tuple[Floats, Integers]:
        repeats, _, width = self.scores.shape
        return self.scores.reshape(-1, width), np.tile(self.labels, repeats)

    def raw_loss(self) -> float:
        """The log loss of the scores as they are, before calibration."""
        scores, labels = self.flat()
        return log_loss(Calibration().probabilities(scores), labels)


@dataclass(frozen=True)
class Choice:
    """The winning kind of model, its settings, its calibrator and how it was found."""

    kind: str  # linear, trees, both
    strength: float = linear.CAUTIOUS
    growth: Growth | None = None
    calibration: Calibration = field(default_factory=Calibration)
    held_out: HeldOut | None = None  # None: too few cases to cross-validate
    losses: dict[str, float] = field(default_factory=dict)  # kind -> log loss
    folds: int = 0
    repeats: int = 0


@dataclass(frozen=True)
class FoldPlan:
    """Which cases are held out how often. Rare decisions are always trained on."""

    folds: int
    repeats: int
    testable: Integers
    always: Integers

    def splits(
        self, labels: Integers, seed: int
    ) -> Iterator[tuple[Integers, Integers]]:
        """(rows to train on, positions among the testable to predict)"""
        for repeat in range(self.repeats):
            split = StratifiedKFold(
                self.folds, shuffle=True, random_state=seed + repeat
            )
            testable_labels = labels[self.testable]
            blank = np.zeros(len(testable_labels))
            for train, test in split.split(blank, testable_labels):
                yield np.sort(np.append(self.testable[train], self.always)), test


def make_plan(labels: Integers, repeats: int | None) -> FoldPlan | None:
    """None if fewer than two decisions have two cases each."""
    counts = np.bincount(labels)
    second = int(np.sort(counts)[-2])
    folds = min(3 if len(labels) > VERY_LARGE else MOST_FOLDS, second)
    if folds < 2:
        return None
    common = counts[labels] >= folds
    automatic = 1 if len(labels) > LARGE else 2
    return FoldPlan(
        folds, repeats or automatic, np.flatnonzero(common), np.flatnonzero(~common)
    )


def choose(cases: CaseTable, options: Options, on_round: OnRound) -> Choice:
    """The kind of model asked for, or the best one, with its best settings."""
    plan = make_plan(cases.labels, options.cv_repeats)
    with_trees = options.model != "linear" and trees.possible(
        len(cases.labels), cases.decisions
    )
    if plan is None:
        return Choice("linear")
    held_out = _hold_out(cases, plan, options, with_trees, on_round)
    best: dict[str, Setting] = {}
    for kind, setting_type in (("linear", float), ("trees", Growth)):
        losses = {
            setting: held.raw_loss()
            for setting, held in held_out.items()
            if isinstance(setting, setting_type)
        }
        if losses:
            best[kind] = min(losses, key=losses.__getitem__)
    finalists = {kind: held_out[setting] for kind, setting in best.items()}
    if len(finalists) == 2:
        both = (finalists["linear"].scores + finalists["trees"].scores) / 2
        finalists["both"] = HeldOut(both, finalists["linear"].labels)
    return _pick(finalists, best, options.model, plan)


def _pick(
    finalists: dict[str, HeldOut], best: dict[str, Setting], model: str, plan: FoldPlan
) -> Choice:
    calibrations = {}
    losses = {}
    for kind, held in finalists.items():
        scores, labels = held.flat()
        calibrations[kind] = fit_calibration(scores, labels, len(held.labels))
        losses[kind] = log_loss(calibrations[kind].probabilities(scores), labels)
    kind = model if model in finalists else min(losses, key=losses.__getitem__)
    strength, growth = best["linear"], best.get("trees")
    return Choice(
        kind=kind,
        strength=strength if isinstance(strength, float) else linear.CAUTIOUS,
        growth=growth if isinstance(growth, Growth) else None,
        calibration=calibrations[kind],
        held_out=finalists[kind],
        losses=losses,
        folds=plan.folds,
        repeats=plan.repeats,
    )


def _hold_out(
    cases: CaseTable,
    plan: FoldPlan,
    options: Options,
    with_trees: bool,
    on_round: OnRound,
) -> dict[Setting, HeldOut]:
    labels = cases.labels[plan.testable]
    shape = (plan.repeats, len(labels), cases.score_count)
    tables: dict[Setting, Floats] = {}
    rounds = plan.folds * plan.repeats
    for number, (train, test) in enumerate(plan.splits(cases.labels, options.seed)):
        round_scores = dict(
            _round(cases, train, plan.testable[test], options, with_trees)
        )
        for setting, scores in round_scores.items():
            table = tables.setdefault(setting, np.zeros(shape))
            table[number // plan.folds, test] = scores
        on_round(number + 1, rounds, _round_losses(round_scores, labels[test]))
    return {setting: HeldOut(scores, labels) for setting, scores in tables.items()}


def _round(
    cases: CaseTable,
    train: Integers,
    test: Integers,
    options: Options,
    with_trees: bool,
) -> Iterator[tuple[Setting, Floats]]:
    """The held-out scores of every setting, each learnt from `train` alone."""
    columns = fit_columns(cases.sources, train)
    labels = cases.labels[train]
    growths = trees.growths(len(cases.labels)) if with_trees else []
    if not columns:
        scores = _commonest_scores(cases, labels, len(test))
        settings: list[Setting] = [*linear.STRENGTHS, *growths]
        yield from ((setting, scores) for setting in settings)
        return
    inputs = encode(columns, cases.sources, train)
    unseen = encode(columns, cases.sources, test)
    basis = linear.fit_basis(columns, inputs)
    terms = basis.terms(inputs)
    for strength in linear.STRENGTHS:
        model = linear.fit_linear(basis, terms, labels, strength)
        yield strength, model.scores(unseen)
    for growth in growths:
        forest = trees.fit_forest(columns, inputs, labels, growth, options.seed)
        yield growth, forest.scores(unseen)


def _commonest_scores(cases: CaseTable, labels: Integers, rows: int) -> Floats:
    """What is known of a case where no column of a round tells cases apart."""
    logs = np.log(np.bincount(labels, minlength=cases.decisions) / len(labels))
    scores = logs[1:] - logs[0] if cases.decisions == 2 else logs
    return np.tile(scores, (rows, 1))


def _round_losses(
    round_scores: dict[Setting, Floats], labels: Integers
) -> dict[str, float]:
    """For each kind of model the least log loss among its settings."""
    losses: dict[str, float] = {}
    for setting, scores in round_scores.items():
        kind = "trees" if isinstance(setting, Growth) else "linear"
        loss = log_loss(Calibration().probabilities(scores), labels)
        losses[kind] = min(loss, losses.get(kind, loss))
    return losses

"""The flavour `decision`: a scorecard, a random forest, or the mean of both.

A score starts at `start`; each column adds what its curve (numbers) or table (texts)
says; the forest adds the log odds of its share; one sigmoid or softmax makes it a
probability. What a column weighed is exact for the scorecard. For a tree it is the
change of the share at each turn of the path taken (Saabas' attribution).
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mlops.predictors import checks
from mlops.predictors.base import Answer
from mlops.predictors.columns import Column, State, read_columns
from mlops.predictors.rationale import explain, notes_on, sentence
from mlops.predictors.trees import Forest, read_forest
from training.features import Fact, Value, read_facts

FORMAT = 1
MOST_DECISIONS = 1000


@dataclass(frozen=True, slots=True)
class DecisionPredictor:
    """A loaded model; predicting changes nothing in it."""

    decisions: tuple[str, ...]
    start: tuple[float, ...]  # one score for two decisions, else one per decision
    slope: float
    offset: float
    columns: tuple[Column, ...]
    inputs: int
    forest: Forest | None

    def predict(self, cases: Sequence[Sequence[Fact]]) -> list[Answer]:
        """One answer per case."""
        return [self._answer(facts) for facts in cases]

    def _answer(self, facts: Sequence[Fact]) -> Answer:
        values, unusable = read_facts(facts)
        scores, weights = self._score(values)
        shares = self._probabilities(scores)
        best = max(range(len(shares)), key=shares.__getitem__)
        decision = self.decisions[best]
        towards = [
            (weight, column)
            for weight, column in zip(
                self._towards(best, weights), self.columns, strict=True
            )
            if weight
        ]
        towards.sort(key=_heaviest_first)
        explanation = explain(decision, towards, values)
        return Answer(
            decision=decision,
            confidence=shares[best],
            rationale=sentence(explanation),
            weights=tuple((column.name, weight) for weight, column in towards),
            probabilities=dict(zip(self.decisions, shares, strict=True)),
            notes=notes_on(self.columns, facts, values, unusable),
            explanation=explanation,
        )

    def _score(self, values: dict[str, Value]) -> tuple[list[float], list[list[float]]]:
        """The scores, and for each score what each column added to it."""
        scores = list(self.start)
        weights = [[0.0] * len(self.columns) for _ in scores]
        inputs = [math.nan] * self.inputs
        for place, column in enumerate(self.columns):
            added = self._read(column, values.get(column.name), inputs)
            for k, amount in enumerate(added):
                scores[k] += amount
                weights[k][place] = amount
        if self.forest is not None:
            self.forest.add(inputs, scores, weights)
        return scores, weights

    def _read(
        self, column: Column, value: Value | None, inputs: list[float]
    ) -> Iterable[float]:
        """Set the column's inputs; return what it adds to each score."""
        if isinstance(value, float) and column.points:
            for place in column.indicators:
                inputs[place] = 0.0
            if column.number_input >= 0:
                inputs[column.number_input] = value
            return interpolate(column.points, column.scores, value)
        state = column.state_of(value)
        if state is None:
            return ()
        _set(state, column, inputs)
        return state.scores

    def _probabilities(self, scores: list[float]) -> list[float]:
        logits = [self.slope * score for score in scores]
        if len(logits) == 1:
            logits = [0.0, logits[0] + self.offset]
        largest = max(logits)
        powers = [math.exp(logit - largest) for logit in logits]
        total = math.fsum(powers)
        return [power / total for power in powers]

    def _towards(self, best: int, weights: list[list[float]]) -> list[float]:
        """What each column moved, on the calibrated scale, towards one decision."""
        if len(weights) == 1:
            sign = self.slope if best == 1 else -self.slope
            return [sign * weight for weight in weights[0]]
        factor = self.slope / (len(weights) - 1)
        totals = [math.fsum(each) for each in zip(*weights, strict=True)]
        chosen = weights[best]
        return [
            factor * (len(weights) * weight - total)
            for weight, total in zip(chosen, totals, strict=True)
        ]


def _heaviest_first(item: tuple[float, Column]) -> float:
    return -abs(item[0])


def _set(state: State, column: Column, inputs: list[float]) -> None:
    for place in column.indicators:
        inputs[place] = 0.0
    if state.input >= 0:
        inputs[state.input] = 1.0


def interpolate(
    points: tuple[float, ...], scores: tuple[tuple[float, ...], ...], value: float
) -> tuple[float, ...]:
    """The curve at a value; level beyond its ends."""
    if value <= points[0]:
        return scores[0]
    if value >= points[-1]:
        return scores[-1]
    right = bisect_right(points, value)
    share = (value - points[right - 1]) / (points[right] - points[right - 1])
    return tuple(
        a + share * (b - a)
        for a, b in zip(scores[right - 1], scores[right], strict=True)
    )


def load(description: dict[str, Any]) -> DecisionPredictor:
    """The predictor a model.json describes. Raises ModelFormatError."""
    if description.get("format") != FORMAT:
        raise checks.fail(f"format {FORMAT} was expected")
    labels = checks.a_list(description.get("decisions"), "decisions", MOST_DECISIONS)
    decisions = checks.distinct(
        tuple(checks.a_text(label, "a decision") for label in labels), "decisions"
    )
    if len(decisions) < 2:
        raise checks.fail("it knows fewer than two decisions")
    count = 1 if len(decisions) == 2 else len(decisions)
    calibration = checks.an_object(description.get("calibration"), "calibration")
    slope = checks.a_number(calibration.get("slope"), "the slope")
    if slope <= 0:
        raise checks.fail("the slope is not above zero")
    columns, inputs = read_columns(
        description.get("columns"), description.get("inputs"), count
    )
    return DecisionPredictor(
        decisions=decisions,
        start=checks.numbers(description.get("start"), "start", count),
        slope=slope,
        offset=checks.a_number(calibration.get("offset"), "the offset"),
        columns=columns,
        inputs=len(inputs),
        forest=read_forest(description.get("forest"), inputs, count),
    )

"""What every predictor promises, whatever its flavour."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from training.features import Fact


class PredictorError(Exception):
    """A model cannot be loaded; the text says why, in one sentence."""


class UnknownFlavor(PredictorError):
    """No predictor knows this flavour."""


class ModelFormatError(PredictorError):
    """The model's files are missing, damaged or not what their flavour promises."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model says about one case.

    `confidence` is the calibrated probability of `decision`. `weights` says how much
    each feature moved the score towards the decision (above 0) or away from it, seen
    from the average training case, the heaviest first. `notes` says what the model
    could not use. `explanation` is the rationale as a code and parameters, so that
    pages can say it in the reader's language; empty where a flavour has none.
    """

    decision: str
    confidence: float
    rationale: str
    weights: tuple[tuple[str, float], ...]
    probabilities: dict[str, float]
    notes: tuple[str, ...]
    explanation: dict[str, Any] = field(default_factory=dict)


class Predictor(Protocol):
    """A loaded model. Thread-safe: predicting changes nothing."""

    @property
    def decisions(self) -> tuple[str, ...]:
        """The decisions the model can give."""

    def predict(self, cases: Sequence[Sequence[Fact]]) -> list[Answer]:
        """One answer per case; never raises on what a case carries."""

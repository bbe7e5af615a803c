"""What training asks of the app above it, or tells it, without importing it.

``mlops`` fills the ports at start-up. An empty port answers with its default, so
training works alone; what a port missed is caught up by a sweep in ``mlops``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar

from training.models import TrainingRun

P = ParamSpec("P")
R = TypeVar("R")


class Port(Generic[P, R]):
    """A named hole in the wall: call it, and whoever filled it answers."""

    def __init__(self, default: R) -> None:
        self._default = default
        self._fill: Callable[P, R] | None = None

    def fill(self, function: Callable[P, R]) -> None:
        self._fill = function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if self._fill is None:
            return self._default
        return self._fill(*args, **kwargs)


@dataclass(frozen=True)
class Advice:
    """What the serving model recommends for a case, and which version that was."""

    decision: str
    rationale: str
    confidence: float
    model_version: Mapping[str, Any]  # {"id", "name", "version"}, as the API shows it
    explanation: Mapping[str, Any] = field(default_factory=dict)  # {"code", "params"}


@dataclass(frozen=True)
class NoAdvice:
    """Why no model recommends anything; one of ``training.choices.NoAdviceReason``."""

    why: str = ""


recommend: Port[[str, Sequence[Mapping[str, Any]]], Advice | NoAdvice] = Port(
    NoAdvice()
)
"""(external_id, facts) -> the serving model's advice, or why there is none."""

evaluate: Port[[Path, Path, Path], dict[str, Any]] = Port({})
"""(model directory, train file, eval file) -> measures, beside the serving version."""

run_completed: Port[[TrainingRun, dict[str, Any]], int | None] = Port(None)
"""(run, evaluation) -> id of the model version made of it. Inside the transaction."""

promotion_on_hold: Port[[], bool] = Port(False)
"""Whether a rollback has put automatic promotion on hold, and nobody lifted it."""

"""Writing the model as plain numbers: the content of model.json.

docs/trainers.md explains every entry; `mlops.predictors.decision` reads it back.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.trainers.decision import trees
from training.trainers.decision.encoding import ABSENT, NUMBER, OTHER, EncodedColumn
from training.trainers.decision.model import Model
from training.trainers.decision.recipe import TrainingResult
from training.trainers.decision.table import Floats, Source

FORMAT = 1
STATE_NAMES = {OTHER: "other", ABSENT: "absent"}


def describe(result: TrainingResult) -> dict[str, Any]:
    """Everything a predictor needs, as JSON values."""
    model, sources = result.model, result.cases.sources
    start = np.zeros(result.cases.score_count)
    if model.card is not None:
        start = model.share * model.card.intercept
    return {
        "flavor": "decision",
        "format": FORMAT,
        "decisions": list(result.decisions),
        "shares": list(result.shares.values()),
        "start": start.tolist(),
        "calibration": {
            "slope": model.calibration.slope,
            "offset": model.calibration.offset,
        },
        "columns": _columns(model, sources, result.cases.score_count),
        "inputs": _inputs(model, sources),
        "forest": model.forest and trees.export_forest(model.forest, model.share),
    }


def _inputs(model: Model, sources: Sequence[Source]) -> list[dict[str, Any]]:
    inputs: list[dict[str, Any]] = []
    for place, column in enumerate(model.columns):
        if column.points:
            inputs.append({"column": place, "is": "number"})
        for state in column.indicators:
            name = STATE_NAMES.get(state, "level")
            entry: dict[str, Any] = {"column": place, "is": name}
            if state >= 0:
                entry["text"] = sources[column.source].texts[state]
            inputs.append(entry)
    return inputs


def _columns(
    model: Model, sources: Sequence[Source], score_count: int
) -> list[dict[str, Any]]:
    width, place, described = sum(c.width for c in model.columns), 0, []
    for column in model.columns:
        source = sources[column.source]
        probes = _probes(column, place, width)
        # The scores that the scorecard adds; the trees bring their own.
        table = np.zeros((len(probes), score_count))
        if model.card is not None:
            table = model.share * model.card.contributions(probes)
        added = table.tolist()
        scores = dict(zip(column.states, added[len(column.points) :], strict=True))
        described.append(
            {
                "name": source.name,
                "unit": source.unit,
                "points": list(column.points),
                "scores": added[: len(column.points)],
                "levels": {source.texts[s]: scores[s] for s in column.states if s >= 0},
                "other": scores.get(OTHER),
                "absent": scores.get(ABSENT),
            }
        )
        place += column.width
    return described


def _probes(column: EncodedColumn, place: int, width: int) -> Floats:
    """Inputs that are average but for this column: each point, then each state."""
    values = [(point, NUMBER) for point in column.points]
    values += [(np.nan, state) for state in column.states]
    probes = np.full((len(values), width), np.nan)
    first = place + bool(column.points)
    for row, (number, state) in enumerate(values):
        if column.points:
            probes[row, place] = number
        for i, indicator in enumerate(column.indicators):
            probes[row, first + i] = float(indicator == state)
    return probes

"""How a new model does on the held-out cases, beside the one serving now."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from mlops.loading import STORE, CannotServe, load_directory
from mlops.models import ServingPeriod
from mlops.predictors import Predictor
from training.measures import measure, measure_commonest

Row = dict[str, Any]
AT_ONCE = 200  # cases a predictor is given at a time


def evaluate_directory(
    model: Path, train_file: Path, eval_file: Path
) -> dict[str, Any]:
    """Measure a model directory and the serving version on the same held-out cases.

    ``problem`` is empty, or says why the model could not be measured and may not
    serve. The split is by case, so neither version has learnt from these cases.
    """
    flavor = _flavor(model)
    try:
        candidate = load_directory(model)
    except CannotServe as found:
        return {
            "flavor": flavor,
            "problem": found.problem,
            "problem_detail": found.detail,
        }
    rows = _read(eval_file)
    shares = Counter(row["decision"] for row in _read(train_file))
    truth = [row["decision"] for row in rows]
    result = {"flavor": flavor, "problem": "", "held_out": len(rows)}
    if rows:
        result["candidate"] = _measured(candidate, rows)
        total = shares.total()
        result["commonest"] = measure_commonest(
            {label: n / total for label, n in shares.items()}, truth
        ).as_json()
        result["champion"] = _champion(rows)
    return result


def _flavor(model: Path) -> str:
    try:
        return str(json.loads((model / "model.json").read_bytes())["flavor"])[:60]
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _measured(predictor: Predictor, rows: list[Row]) -> dict[str, Any]:
    probabilities = []
    for start in range(0, len(rows), AT_ONCE):
        facts = [row["facts"] for row in rows[start : start + AT_ONCE]]
        probabilities += [answer.probabilities for answer in predictor.predict(facts)]
    return measure(probabilities, [row["decision"] for row in rows]).as_json()


def _champion(rows: list[Row]) -> dict[str, Any] | None:
    period = ServingPeriod.objects.open().select_related("model_version").first()
    if period is None:
        return None
    version = period.model_version
    named = {"id": str(version.pk), "name": version.name, "version": version.version}
    try:
        metrics = _measured(STORE.get(version.pk), rows)
    except CannotServe as found:
        return {"model_version": named, "metrics": None, "problem": found.problem}
    return {"model_version": named, "metrics": metrics, "problem": ""}

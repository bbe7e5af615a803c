"""How a new model does on the held-out cases, beside the one serving now."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from django.db.models import Exists, OuterRef

from mlops.loading import STORE, CannotServe, load_directory
from mlops.models import ModelVersion, ServingPeriod
from mlops.predictors import Predictor
from mlops.services.calibration import calibration
from mlops.services.comparison import Answers, compare
from mlops.services.fairness import count_groups
from training.measures import Probabilities, measure, measure_commonest
from training.models import Sample

Row = dict[str, Any]
AT_ONCE = 200  # cases a predictor is given, or the database asked about, at a time


def evaluate_directory(
    model: Path, train_file: Path, eval_file: Path
) -> dict[str, Any]:
    """Measure a model directory and the serving version on the same held-out cases.

    ``problem`` is empty, or says why the model could not be measured and may not
    serve. ``comparison`` is None where nothing serves, or that cannot be measured.
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
    truth = _truth(rows)
    result = {"flavor": flavor, "problem": "", "held_out": len(rows)}
    if rows:
        answers = _answers(candidate, rows)
        result["candidate"] = measure(answers, truth).as_json()
        total = shares.total()
        result["calibration"] = calibration(answers, truth)
        result["fairness"] = count_groups(rows, answers)
        result["commonest"] = measure_commonest(
            {label: n / total for label, n in shares.items()}, truth
        ).as_json()
        seed = hashlib.sha256(eval_file.read_bytes()).hexdigest()
        result["champion"], result["comparison"] = _beside(answers, rows, seed)
    return result


def _flavor(model: Path) -> str:
    try:
        return str(json.loads((model / "model.json").read_bytes())["flavor"])[:60]
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _truth(rows: list[Row]) -> list[str]:
    return [row["decision"] for row in rows]


def _answers(predictor: Predictor, rows: list[Row]) -> list[Probabilities]:
    probabilities: list[Probabilities] = []
    for start in range(0, len(rows), AT_ONCE):
        facts = [row["facts"] for row in rows[start : start + AT_ONCE]]
        probabilities += [answer.probabilities for answer in predictor.predict(facts)]
    return probabilities


def _beside(
    mine: list[Probabilities], rows: list[Row], seed: str
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The serving version's measures on these rows, and the paired comparison."""
    period = ServingPeriod.objects.open().select_related("model_version__run").first()
    if period is None:
        return None, None
    version = period.model_version
    named = {"id": str(version.pk), "name": version.name, "version": version.version}
    try:
        theirs = _answers(STORE.get(version.pk), rows)
    except CannotServe as found:
        problem = {"model_version": named, "metrics": None, "problem": found.problem}
        return problem, None
    metrics = measure(theirs, _truth(rows)).as_json()
    champion = {"model_version": named, "metrics": metrics, "problem": ""}
    learnt = _learnt_by(version, rows)
    fair = [i for i, row in enumerate(rows) if row["id"] not in learnt]
    answers = Answers(
        [mine[i] for i in fair],
        [theirs[i] for i in fair],
        [rows[i]["decision"] for i in fair],
    )
    comparison = {
        "model_version": named,
        "left_out": len(rows) - len(fair),
        **compare(answers, seed=seed),
    }
    return champion, comparison


def _learnt_by(version: ModelVersion, rows: list[Row]) -> set[str]:
    """The rows whose case the version was trained on.

    The split is by case, so there are none, unless EVAL_SHARE was changed and a case
    was approved anew since: then the champion would be measured on what it knows.
    """
    number = version.run.dataset_version.number
    trained_on = Exists(
        Sample.objects.contained_in(number).filter(
            held_out=False, case=OuterRef("case")
        )
    )
    found: set[str] = set()
    for start in range(0, len(rows), AT_ONCE):
        ids = [row["id"] for row in rows[start : start + AT_ONCE]]
        learnt = Sample.objects.filter(trained_on, pk__in=ids)
        found.update(str(pk) for pk in learnt.values_list("pk", flat=True))
    return found

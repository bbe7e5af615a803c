"""Measuring a new model on the held-out cases, beside the version that serves.

The result is a dictionary of JSON types, which is stored with the model's version.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import Exists, OuterRef

from mlops.evaluation import drift
from mlops.evaluation.calibration import calibration
from mlops.evaluation.comparison import compare, intervals
from mlops.evaluation.fairness import count_groups
from mlops.evaluation.paired_answers import Answers
from mlops.evaluation.segments import HeldOutResults, count_segments
from mlops.models import ModelVersion, ServingPeriod
from mlops.predictor_cache import STORE, CannotServe, load_directory
from mlops.predictors import Predictor
from training.measures import Probabilities, best, measure, measure_commonest
from training.models import Sample

Row = dict[str, Any]  # a line of a training or held-out file
MOST_DIFFERING = 1_000  # stored cases that the two versions answer differently
AT_ONCE = 200  # cases in one call of a predictor, or in one query


def evaluate_directory(
    model: Path, train_file: Path, eval_file: Path
) -> dict[str, Any]:
    """Measure a model directory and the serving version on the same held-out cases.

    ``problem`` is empty, or the code of why the model could not be measured and may not
    serve. ``comparison`` is None where no version serves, or one that cannot be
    measured. ``differing`` has the cases that the two answer differently.
    """
    flavor = _flavor(model)
    try:
        candidate = load_directory(model)
    except CannotServe as error:
        return {
            "flavor": flavor,
            "problem": error.problem,
            "problem_detail": error.detail,
        }
    rows, training_rows = _read(eval_file), _read(train_file)
    result = {"flavor": flavor, "problem": "", "held_out": len(rows)}
    result["facts"] = drift.reference(train_file)
    if not rows:
        return result
    # Seeded by the cases, so that the same cases give the same draws.
    seed = hashlib.sha256(eval_file.read_bytes()).hexdigest()
    answers, truth = _answers(candidate, rows), _truth(rows)
    counts = Counter(_truth(training_rows))
    shares = {label: n / counts.total() for label, n in counts.items()}
    comparison = _compare_with_serving(answers, rows, seed)
    return {
        **result,
        "candidate": measure(answers, truth).as_json(),
        "intervals": intervals(answers, truth, seed=seed),
        "calibration": calibration(answers, truth),
        "fairness": count_groups(rows, answers),
        "commonest": measure_commonest(shares, truth).as_json(),
        "champion": comparison.champion,
        "comparison": comparison.comparison,
        "segments": count_segments(training_rows, comparison.results),
        "differing": comparison.differing,
    }


def _flavor(model: Path) -> str:
    """The kind of model that its ``model.json`` names; empty where it names none."""
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


@dataclass(frozen=True)
class ServingComparison:
    """The serving version's measures, and the candidate compared with it.

    ``results`` are those of both on the cases that neither was trained on.
    """

    champion: dict[str, Any] | None
    comparison: dict[str, Any] | None
    results: HeldOutResults
    differing: list[dict[str, str]]


def _compare_with_serving(
    mine: list[Probabilities], rows: list[Row], seed: str
) -> ServingComparison:
    """Measure the serving version on these rows, and compare the two in pairs.

    ``mine``: the candidate's answers, one for each row.
    """
    served = ServingPeriod.objects.open().with_version()
    period = served.select_related("model_version__run").first()
    if period is None or period.model_version is None:
        return ServingComparison(None, None, _results(rows, mine, None), [])
    version = period.model_version
    name = {"id": str(version.pk), "name": version.name, "version": version.version}
    champion: dict[str, Any]
    try:
        theirs = _answers(STORE.get(version.pk), rows)
    except CannotServe as error:
        champion = {"model_version": name, "metrics": None, "problem": error.problem}
        return ServingComparison(champion, None, _results(rows, mine, None), [])
    truth = _truth(rows)
    champion = {
        "model_version": name,
        "metrics": measure(theirs, truth).as_json(),
        "intervals": intervals(theirs, truth, seed=seed),
        "problem": "",
    }
    learnt = _learnt_by(version, rows)
    unknown = [i for i, row in enumerate(rows) if row["id"] not in learnt]
    fair = [rows[i] for i in unknown]
    answers = Answers(
        [mine[i] for i in unknown], [theirs[i] for i in unknown], _truth(fair)
    )
    comparison = {
        "model_version": name,
        "left_out": len(learnt),
        **compare(answers, seed=seed),
    }
    pairs = zip(fair, answers.candidate, answers.champion, strict=True)
    differing = [
        {"sample": str(row["id"]), "candidate": best(one), "champion": best(other)}
        for row, one, other in pairs
        if best(one) != best(other)
    ]
    return ServingComparison(
        champion,
        comparison,
        _results(fair, answers.candidate, answers.champion),
        differing[-MOST_DIFFERING:],  # of very many, the newest
    )


def _results(
    rows: list[Row],
    mine: Sequence[Probabilities],
    theirs: Sequence[Probabilities] | None,
) -> HeldOutResults:
    return HeldOutResults(
        [row["facts"] for row in rows],
        _right(mine, rows),
        None if theirs is None else _right(theirs, rows),
    )


def _right(model: Sequence[Probabilities], rows: list[Row]) -> list[bool]:
    """For each row, whether the model's best answer is what people decided."""
    return [
        best(answer) == true for answer, true in zip(model, _truth(rows), strict=True)
    ]


def _learnt_by(version: ModelVersion, rows: list[Row]) -> set[str]:
    """The ids of the rows whose case the version was trained on.

    The split is by case, so there are none, unless EVAL_SHARE was changed and a case
    was approved anew since: then the champion would be measured on what it knows. A
    sample that was withdrawn after the training counts too. So does one that is older
    than the delta of a version trained on the delta alone: its training may have
    started from a model that had learnt it.
    """
    number = version.run.dataset_version.number
    trained_on = Exists(
        Sample.objects.contained_in(number).filter(
            held_out=False, case=OuterRef("case")
        )
    )
    ids_learnt: set[str] = set()
    for start in range(0, len(rows), AT_ONCE):
        ids = [row["id"] for row in rows[start : start + AT_ONCE]]
        learnt = Sample.objects.filter(trained_on, pk__in=ids)
        ids_learnt.update(str(pk) for pk in learnt.values_list("pk", flat=True))
    return ids_learnt

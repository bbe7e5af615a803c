"""How a new model does on the held-out cases, beside the one serving now."""

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
from mlops.evaluation.segments import Answered, count_segments
from mlops.models import ModelVersion, ServingPeriod
from mlops.predictor_cache import STORE, CannotServe, load_directory
from mlops.predictors import Predictor
from training.measures import Probabilities, best, measure, measure_commonest
from training.models import Sample

Row = dict[str, Any]
MOST_DIFFERING = 1_000  # cases with two answers that are kept
AT_ONCE = 200  # cases a predictor is given, or the database asked about, at a time


def evaluate_directory(
    model: Path, train_file: Path, eval_file: Path
) -> dict[str, Any]:
    """Measure a model directory and the serving version on the same held-out cases.

    ``problem`` is empty, or says why the model could not be measured and may not
    serve. ``comparison`` is None where nothing serves, or that cannot be measured.
    ``differing`` has the cases that the two answer differently.
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
    rows, trained_on = _read(eval_file), _read(train_file)
    result = {"flavor": flavor, "problem": "", "held_out": len(rows)}
    result["facts"] = drift.reference(train_file)
    if rows:
        seed = hashlib.sha256(eval_file.read_bytes()).hexdigest()
        answers = _answers(candidate, rows)
        result.update(_alone(answers, rows, trained_on, seed))
        beside = _beside(answers, rows, seed)
        result["champion"], result["comparison"] = beside.champion, beside.comparison
        result["segments"] = count_segments(trained_on, beside.answered)
        result["differing"] = beside.differing
    return result


def _alone(
    answers: list[Probabilities], rows: list[Row], trained_on: list[Row], seed: str
) -> dict[str, Any]:
    """The candidate's own measures, and those of always the commonest decision."""
    truth = _truth(rows)
    shares = Counter(_truth(trained_on))
    total = shares.total()
    return {
        "candidate": measure(answers, truth).as_json(),
        "intervals": intervals(answers, truth, seed=seed),
        "calibration": calibration(answers, truth),
        "fairness": count_groups(rows, answers),
        "commonest": measure_commonest(
            {label: n / total for label, n in shares.items()}, truth
        ).as_json(),
    }


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


@dataclass(frozen=True)
class Beside:
    """What became of a candidate beside the version that serves."""

    champion: dict[str, Any] | None
    comparison: dict[str, Any] | None
    answered: Answered
    differing: list[dict[str, str]]


def _beside(mine: list[Probabilities], rows: list[Row], seed: str) -> Beside:
    """The serving version's measures on these rows, and the paired comparison."""
    served = ServingPeriod.objects.open().with_version()
    period = served.select_related("model_version__run").first()
    if period is None or period.model_version is None:
        return Beside(None, None, _answered(rows, mine, None), [])
    version = period.model_version
    named = {"id": str(version.pk), "name": version.name, "version": version.version}
    try:
        theirs = _answers(STORE.get(version.pk), rows)
    except CannotServe as found:
        problem = {"model_version": named, "metrics": None, "problem": found.problem}
        return Beside(problem, None, _answered(rows, mine, None), [])
    truth = _truth(rows)
    champion = {
        "model_version": named,
        "metrics": measure(theirs, truth).as_json(),
        "intervals": intervals(theirs, truth, seed=seed),
        "problem": "",
    }
    learnt = _learnt_by(version, rows)
    unseen = [i for i, row in enumerate(rows) if row["id"] not in learnt]
    fair = [rows[i] for i in unseen]
    answers = Answers(
        [mine[i] for i in unseen], [theirs[i] for i in unseen], _truth(fair)
    )
    comparison = {
        "model_version": named,
        "left_out": len(learnt),
        **compare(answers, seed=seed),
    }
    answered = _answered(fair, answers.candidate, answers.champion)
    return Beside(champion, comparison, answered, _differing(fair, answers))


def _answered(
    rows: list[Row],
    mine: Sequence[Probabilities],
    theirs: Sequence[Probabilities] | None,
) -> Answered:
    return Answered(
        [row["facts"] for row in rows],
        _right(mine, rows),
        None if theirs is None else _right(theirs, rows),
    )


def _right(model: Sequence[Probabilities], rows: list[Row]) -> list[bool]:
    return [
        best(answer) == true for answer, true in zip(model, _truth(rows), strict=True)
    ]


def _differing(rows: list[Row], answers: Answers) -> list[dict[str, str]]:
    """The cases with two answers; of very many, the newest."""
    pairs = zip(rows, answers.candidate, answers.champion, strict=True)
    found = [
        {"sample": str(row["id"]), "candidate": best(one), "champion": best(other)}
        for row, one, other in pairs
        if best(one) != best(other)
    ]
    return found[-MOST_DIFFERING:]


def _learnt_by(version: ModelVersion, rows: list[Row]) -> set[str]:
    """The rows whose case the version was trained on.

    The split is by case, so there are none, unless EVAL_SHARE was changed and a case
    was approved anew since: then the champion would be measured on what it knows. What
    was withdrawn after it had learnt it counts still. So does what is older than its
    dataset where it learnt from the new alone: it may go on from a model that knows it.
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

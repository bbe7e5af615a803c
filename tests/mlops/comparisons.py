"""A comparison as it is kept with a version, and versions of it."""

from mlops.evaluation.held_out import evaluate_directory
from mlops.serving.model_registry import register_run
from tests.apis import a_case, a_run
from tests.trainers.samples import loans, write
from training.artifacts import manifest_sha256, store_directory
from training.models import DatasetVersion
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.datasets import versions

PROTECTED = "gender"
MOSTLY_HELD_OUT = {"EVAL_SHARE": 80}
BETTER = {
    "model_version": {"id": "0", "name": "loans", "version": 1},
    "cases": 400,
    "left_out": 0,
    "differences": {"log_loss": {"value": -0.012, "low": -0.021, "high": -0.004}},
    "recalls": [
        {"decision": "no", "cases": 150, "candidate": 0.80, "champion": 0.82},
        {"decision": "yes", "cases": 250, "candidate": 0.90, "champion": 0.85},
    ],
    "disagreement": {
        "cases": 12,
        "candidate_right": 9,
        "champion_right": 3,
        "p_value": 0.15,
    },
}


def with_comparison(version, **changes):
    found = {**BETTER, **version.evaluation.get("comparison", {}), **changes}
    version.evaluation = {**version.evaluation, "comparison": found}
    version.save()
    return version


def log_loss(high):
    return {"log_loss": {"value": high - 0.01, "low": high - 0.02, "high": high}}


def worse_at_no(by):
    return [{"decision": "no", "cases": 9, "candidate": 0.9 - by, "champion": 0.9}]


def sealed_loans(by, count=70):
    """A sealed dataset; under ``MOSTLY_HELD_OUT``, most of it is to measure with."""
    for n, row in enumerate(loans(count, seed=9)):
        kept = {PROTECTED: ("f", "m")[n % 2]}
        case = a_case(external_id=f"L-{n}", facts=row["facts"], protected=kept)
        approve_case(case, ReviewInput(decision=row["decision"], confidence=1.0), by=by)
    dataset = DatasetVersion.objects.open().get()
    versions.seal_version(dataset, by=by)
    return dataset


def measured(dataset, directory, folder):
    """A version as a completed run leaves it: measured beside the one that serves."""
    files = {}
    for held_out, name in ((False, "train"), (True, "eval")):
        samples = dataset.samples().filter(held_out=held_out).order_by("pk")
        rows = [
            {"id": str(row.pk), "facts": row.facts, "decision": row.decision}
            for row in samples
        ]
        files[name] = write(folder / f"{name}.jsonl", rows)
    run = a_run(dataset)
    run.artifact_prefix = f"runs/{run.pk}"
    run.artifacts = store_directory(directory, run.artifact_prefix)
    run.artifact_sha256 = manifest_sha256(run.artifacts)
    run.save()
    found = evaluate_directory(directory, files["train"], files["eval"])
    return register_run(run, found)

"""Reviewed cases that the two small models know how to answer."""

from itertools import count

from mlops.predictor_cache import STORE
from tests.apis import a_case, a_model_version, person
from tests.trainers.samples import loans
from training.choices import ReviewSource
from training.models import DatasetVersion
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.datasets import versions as datasets

SECRET = "group-that-nobody-may-see"
numbers = count(1)


def given(facts):
    """The facts that were filled in: a case holds no empty ones."""
    return [fact for fact in facts if fact["value"] not in (None, "")]


def reviewed_loans(by, size, *, source=ReviewSource.PAGE, seed=7):
    """Cases, oldest first, that ``by`` decided one after the other."""
    return [
        decided(by, loan["decision"], loan["facts"], source)
        for loan in loans(size, seed=seed)
    ]


def decided(by, decision, facts, source=ReviewSource.PAGE):
    number = next(numbers)
    case = a_case(
        by=by,
        external_id=f"LOAN-{number}",
        title=f"Loan {number}",
        facts=given(facts),
        protected={"afam": SECRET},
        recommendation=None,
    )
    verdict = ReviewInput(decision=decision, confidence=0.95)
    approve_case(case, verdict, by=by, source=source)
    return case


def two_versions_and_reviews(stage, directories):
    """Rita reviews some cases, Theo makes versions of them, she reviews more."""
    with stage.building():
        rita, theo = person("Reviewer", "rita"), person("Operator", "theo")
        reviewed_loans(rita, 10, seed=3)
        versions = two_versions(directories, theo)
        reviewed_loans(rita, 30)
    return [version.pk for version in versions]


def two_versions(directories, by):
    """Two versions of what was approved until now; no predictor is warm."""
    dataset = DatasetVersion.objects.open().get()
    datasets.seal_version(dataset, by=by)
    dataset.refresh_from_db()
    STORE.clear()
    return [a_model_version(dataset, files, by=by) for files in directories]

"""Versions, serving periods and decided cases as the database holds them."""

from itertools import count

from mlops.models import ModelVersion, ServingPeriod
from tests.apis import a_run
from training.models import Case, DatasetVersion
from training.services.cases.approvals import ReviewInput, approve_case

numbers = count(1)


def some_versions(number, **evaluation):
    """Without files: to be counted, not asked."""
    dataset = DatasetVersion.objects.create(number=next(numbers))
    return [
        ModelVersion.objects.create(
            name="loans",
            version=place,
            run=a_run(dataset),
            sha256="0" * 64,
            evaluation=evaluation,
        )
        for place in range(1, number + 1)
    ]


def serve(version, since):
    """From this moment on, in place of what served."""
    last = ServingPeriod.objects.open().first()
    ServingPeriod.objects.open().update(until=since)
    return ServingPeriod.objects.create(
        model_version=version, since=since, kind="select", follows=last, below=last
    )


def recommended(version, at, decision="approve", **columns):
    """A case that came in at a moment, and what the version said of it."""
    number = next(numbers)
    return Case.objects.create(
        external_id=f"R-{number}",
        title="Application",
        facts=columns.pop("facts", [{"name": "income", "value": number}]),
        recommended_decision=decision,
        recommended_rationale="Because of the income.",
        recommended_confidence=0.8725,
        recommender_id=version.pk,
        recommender={"id": str(version.pk), "name": "loans", "version": 1},
        content_sha256=f"{number:064}",
        facts_sha256=f"{number:064}",
        created_at=at,
        **columns,
    )


def decided(case, by, decision="", source="page", confidence=0.95):
    """The case as it is after this person has decided it."""
    verdict = ReviewInput(decision=decision, confidence=confidence)
    approve_case(case, verdict, by=by, source=source)
    return case

"""Where a model version comes from: run, job, dataset, samples, people."""

from dataclasses import dataclass

from django.db.models import Count

from mlops.models import ModelVersion, ServingPeriod
from training.models import DatasetVersion, PipelineJob, TrainingRun
from training.services.datasets import counts


@dataclass(frozen=True)
class Reviewer:
    """Somebody whose approvals the model learnt from, and how many."""

    username: str
    samples: int


@dataclass(frozen=True)
class Lineage:
    """The way back from a model version to the people behind it."""

    model_version: ModelVersion
    run: TrainingRun
    job: PipelineJob
    dataset_version: DatasetVersion
    samples: int
    held_out: int
    by_decision: dict[str, int]
    reviewers: list[Reviewer]
    periods: list[ServingPeriod]


def lineage(version: ModelVersion) -> Lineage:
    """Needs a row of ModelVersion.objects.for_table()."""
    run = version.run
    contained = counts(run.dataset_version)
    return Lineage(
        model_version=version,
        run=run,
        job=run.job,
        dataset_version=run.dataset_version,
        samples=contained["samples"],
        held_out=contained["held_out"],
        by_decision=contained["by_decision"],
        reviewers=_reviewers(run.dataset_version),
        periods=list(version.periods.for_table()),
    )


def _reviewers(dataset: DatasetVersion) -> list[Reviewer]:
    rows = (
        dataset.samples()
        .values("review__by__username")
        .annotate(approved=Count("pk"))
        .order_by("-approved", "review__by__username")
    )
    return [Reviewer(row["review__by__username"], row["approved"]) for row in rows]

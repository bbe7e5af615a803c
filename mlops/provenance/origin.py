"""Where a model version comes from: run, job, dataset, samples, people.

Everything here reads; nothing is written.
"""

from dataclasses import dataclass

from django.db.models import QuerySet

from mlops.models import ModelVersion, Prediction, ServingPeriod
from training.models import Case, DatasetVersion, PipelineJob, TrainingRun
from training.models.datasets import SampleQuerySet
from training.services.datasets.figures import counts


@dataclass(frozen=True)
class Reviewer:
    """A user name, and how many samples of the dataset that person approved."""

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


@dataclass(frozen=True)
class Origin:
    """The version that gave an answer, and the samples it had learnt from.

    ``learnt_from`` leaves out the samples held out, and those older than the dataset
    where the run learnt from what was new alone.
    """

    lineage: Lineage
    learnt_from: SampleQuerySet

    @property
    def serving(self) -> ServingPeriod | None:
        """The period that is open, if this version serves now."""
        return next((each for each in self.lineage.periods if each.is_open), None)


def case_origin(case: Case) -> Origin | None:
    """None where no version of ours recommended anything for it."""
    if case.recommender_id is None:
        return None
    version = ModelVersion.objects.for_table().filter(pk=case.recommender_id).first()
    return origin(version) if version else None


def origin(version: ModelVersion) -> Origin:
    """The origin of a version, which must be a row of ``for_table()``."""
    return Origin(lineage(version), version.run.learnt_from().for_table())


def period_of(prediction: Prediction) -> ServingPeriod | None:
    """The period in which it was given; None if its version was just switched then."""
    at = ServingPeriod.objects.for_table().at(prediction.at)
    return at.filter(model_version=prediction.model_version_id).first()


def predictions_of(case: Case) -> QuerySet[Prediction]:
    """The recorded answers to questions that named this case, newest first."""
    predictions = Prediction.objects.filter(external_id=case.external_id)
    return predictions.select_related("model_version", "by").order_by("-pk")


def lineage(version: ModelVersion) -> Lineage:
    """The lineage of a version, which must be a row of ``for_table()``."""
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
        reviewers=[Reviewer(*row) for row in contained["by_reviewer"].items()],
        periods=list(version.periods.for_table()),
    )

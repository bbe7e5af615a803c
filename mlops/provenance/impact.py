"""What the samples of a case came to: datasets, runs, model versions, serving."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef

from mlops.models import ModelVersion, Prediction, ServingPeriod
from mlops.models.registry import ModelVersionQuerySet
from preciso.page_paginator import first_rows
from training.models import Case, DatasetVersion, Review, Sample, TrainingRun
from training.models.cases import CaseQuerySet
from training.services.cases.influence import first_without, trace, used_by_runs

LISTED = 100  # of each kind; there may be tens of thousands


@dataclass(frozen=True)
class Made:
    """A model version that a sample was used for, when that served, and to how many
    cases it gave their recommendation."""

    version: ModelVersion
    serving: list[ServingPeriod]
    recommended: int

    @property
    def serves(self) -> bool:
        return any(period.is_open for period in self.serving)


@dataclass(frozen=True)
class Influence:
    """Where one sample went. If it is held out, models were only measured on it.

    The lists hold ``LISTED`` at most, the counts are of all: the first datasets, the
    newest runs, and of the versions what serves and the newest.
    """

    sample: Sample
    dataset_versions: list[DatasetVersion]
    dataset_version_count: int
    runs: list[TrainingRun]
    run_count: int
    model_versions: list[Made]
    model_version_count: int

    @property
    def serves(self) -> bool:
        return any(made.serves for made in self.model_versions)

    @property
    def is_learnt(self) -> bool:
        """Whether a version learnt from it; none did if it is held out."""
        return bool(self.model_versions) and not self.sample.held_out


@dataclass(frozen=True)
class ReviewInfluence:
    """What one review came to. ``influence`` is None where it yielded no sample.

    ``cases``: those whose recommendation came from a version that learnt from it, and
    ``predictions`` the answers recorded of such versions; both empty where the sample
    was held out, since then no version learnt from it.
    """

    review: Review
    influence: Influence | None
    cases: CaseQuerySet
    predictions: int


@dataclass(frozen=True)
class Ripple:
    """What a withdrawal does not undo, and whether a dataset without it is there."""

    influences: list[Influence]
    first_without: DatasetVersion | None


def influences(case: Case) -> list[Influence]:
    """One for each sample of the case, the newest first."""
    return [influence(sample) for sample in case.samples.order_by("-pk")]


def review_influence(review: Review) -> ReviewInfluence:
    """Only what learnt from it itself: not what learnt from cases it recommended."""
    sample = Sample.objects.for_table().filter(review=review).first()
    learnt = ModelVersion.objects.none()
    if sample and not sample.held_out:
        learnt = versions_made_with(sample)
    keys = learnt.values("pk")
    return ReviewInfluence(
        review=review,
        influence=influence(sample) if sample else None,
        cases=Case.objects.for_table().filter(recommender_id__in=keys),
        predictions=Prediction.objects.filter(model_version__in=keys).count(),
    )


def ripple(case: Case) -> Ripple | None:
    """None where no frozen version contains a sample withdrawn from the case."""
    gone = case.samples.exclude(withdrawn_at=None).order_by("-pk")
    left = [found for found in map(influence, gone) if found.dataset_versions]
    return Ripple(left, first_without(case)) if left else None


def influence(sample: Sample) -> Influence:
    found = trace(sample)
    versions = versions_made_with(sample)
    open_period = ServingPeriod.objects.open().filter(model_version=OuterRef("pk"))
    serving_first = versions.annotate(is_serving=Exists(open_period)).order_by(
        "-is_serving", "-pk"
    )
    return Influence(
        sample,
        list(found.dataset_versions[:LISTED]),
        found.dataset_versions.count(),
        first_rows(found.runs, LISTED),
        found.runs.count(),
        told(list(serving_first[:LISTED])),
        versions.count(),
    )


def versions_made_with(sample: Sample) -> ModelVersionQuerySet:
    """Newest first; models were only measured on a sample that is held out."""
    found = ModelVersion.objects.filter(used_by_runs(sample, "run__"))
    return found.defer("evaluation", "metrics").order_by("-pk")


def told(versions: list[ModelVersion]) -> list[Made]:
    """Each with its serving periods and how many cases it recommended a decision."""
    keys = [version.pk for version in versions]
    periods: defaultdict[int, list[ServingPeriod]] = defaultdict(list)
    served = ServingPeriod.objects.filter(model_version__in=keys)
    for period in served.order_by("since"):
        periods[period.model_version_id or 0].append(period)
    rows = Case.objects.filter(recommender_id__in=keys).order_by()
    recommended = dict(rows.values_list("recommender_id").annotate(n=Count("*")))
    return [
        Made(version, periods[version.pk], recommended.get(version.pk, 0))
        for version in versions
    ]

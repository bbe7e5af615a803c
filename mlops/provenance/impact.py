"""Where the samples of a case went: datasets, runs, model versions, serving.

Everything here reads; nothing is written.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef

from mlops.models import ModelVersion, Prediction, ServingPeriod
from mlops.models.registry import ModelVersionQuerySet
from preciso.page_paginator import first_rows
from training.models import Case, DatasetVersion, Review, Sample, TrainingRun
from training.models.cases import CaseQuerySet
from training.services.cases.influence import first_without, trace, used_by_runs

LISTED = 100  # rows of each kind; there may be tens of thousands


@dataclass(frozen=True)
class VersionUse:
    """A model version for which a sample was used.

    ``serving``: the periods in which it served, oldest first. ``recommended``: how many
    cases have its recommendation.
    """

    version: ModelVersion
    serving: list[ServingPeriod]
    recommended: int

    @property
    def serves(self) -> bool:
        return any(period.is_open for period in self.serving)


@dataclass(frozen=True)
class SampleInfluence:
    """Where one sample went. If it is held out, models were only measured on it.

    The lists hold ``LISTED`` at most, the counts are of all: the first datasets, the
    newest runs, and of the versions what serves and the newest.
    """

    sample: Sample
    dataset_versions: list[DatasetVersion]
    dataset_version_count: int
    runs: list[TrainingRun]
    run_count: int
    model_versions: list[VersionUse]
    model_version_count: int

    @property
    def serves(self) -> bool:
        return any(use.serves for use in self.model_versions)

    @property
    def is_learnt(self) -> bool:
        """Whether a version learnt from it; none did if it is held out."""
        return bool(self.model_versions) and not self.sample.held_out


@dataclass(frozen=True)
class ReviewInfluence:
    """Where one review led. ``influence`` is None where it yielded no sample.

    ``cases``: those whose recommendation came from a version that learnt from it, and
    ``predictions`` the answers recorded of such versions; both empty where the sample
    was held out, since then no version learnt from it.
    """

    review: Review
    influence: SampleInfluence | None
    cases: CaseQuerySet
    predictions: int


@dataclass(frozen=True)
class WithdrawalImpact:
    """What a withdrawal does not undo, and the first dataset without the sample."""

    influences: list[SampleInfluence]
    first_without: DatasetVersion | None


def case_influences(case: Case) -> list[SampleInfluence]:
    """One for each sample of the case, the newest first."""
    return [sample_influence(sample) for sample in case.samples.order_by("-pk")]


def review_influence(review: Review) -> ReviewInfluence:
    """The direct influence of a review.

    A version that learnt from cases for which such a version had recommended does not
    count.
    """
    sample = Sample.objects.for_table().filter(review=review).first()
    learnt = ModelVersion.objects.none()
    if sample and not sample.held_out:
        learnt = versions_made_with(sample)
    keys = learnt.values("pk")
    return ReviewInfluence(
        review=review,
        influence=sample_influence(sample) if sample else None,
        cases=Case.objects.for_table().filter(recommender_id__in=keys),
        predictions=Prediction.objects.filter(model_version__in=keys).count(),
    )


def withdrawal_impact(case: Case) -> WithdrawalImpact | None:
    """None where no frozen version contains a sample withdrawn from the case."""
    withdrawn = case.samples.exclude(withdrawn_at=None).order_by("-pk")
    influences = [
        each for each in map(sample_influence, withdrawn) if each.dataset_versions
    ]
    return WithdrawalImpact(influences, first_without(case)) if influences else None


def sample_influence(sample: Sample) -> SampleInfluence:
    """The datasets, runs and versions of one sample, ``LISTED`` of each at most."""
    uses = trace(sample)
    versions = versions_made_with(sample)
    open_period = ServingPeriod.objects.open().filter(model_version=OuterRef("pk"))
    serving_first = versions.annotate(is_serving=Exists(open_period)).order_by(
        "-is_serving", "-pk"
    )
    return SampleInfluence(
        sample,
        list(uses.dataset_versions[:LISTED]),
        uses.dataset_versions.count(),
        first_rows(uses.runs, LISTED),
        uses.runs.count(),
        version_uses(list(serving_first[:LISTED])),
        versions.count(),
    )


def versions_made_with(sample: Sample) -> ModelVersionQuerySet:
    """The versions that used a sample, newest first.

    They learnt from it, or were only measured on it if it is held out.
    """
    versions = ModelVersion.objects.filter(used_by_runs(sample, "run__"))
    return versions.defer("evaluation", "metrics").order_by("-pk")


def version_uses(versions: list[ModelVersion]) -> list[VersionUse]:
    """Each version with its serving periods and the number of its recommendations."""
    keys = [version.pk for version in versions]
    periods: defaultdict[int, list[ServingPeriod]] = defaultdict(list)
    served = ServingPeriod.objects.filter(model_version__in=keys)
    for period in served.order_by("since"):
        periods[period.model_version_id or 0].append(period)
    rows = Case.objects.filter(recommender_id__in=keys).order_by()
    recommended = dict(rows.values_list("recommender_id").annotate(n=Count("*")))
    return [
        VersionUse(version, periods[version.pk], recommended.get(version.pk, 0))
        for version in versions
    ]

"""What the samples of a case came to: datasets, runs, model versions, serving."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count

from mlops.models import ModelVersion, Prediction, ServingPeriod
from training.models import Case, DatasetVersion, Review, Sample, TrainingRun
from training.models.cases import CaseQuerySet
from training.services.influence import Trace, first_without, trace, traces


@dataclass(frozen=True)
class Made:
    """A model version that a sample was used for, when that served, and to how many
    cases it gave their recommendation."""

    version: ModelVersion
    run: TrainingRun
    serving: list[ServingPeriod]
    recommended: int

    @property
    def serves(self) -> bool:
        return any(period.is_open for period in self.serving)


@dataclass(frozen=True)
class Influence:
    """Where one sample went. If it is held out, models were only measured on it."""

    sample: Sample
    dataset_versions: list[DatasetVersion]
    runs: list[TrainingRun]
    model_versions: list[Made]

    @property
    def serves(self) -> bool:
        return any(made.serves for made in self.model_versions)

    @property
    def learnt(self) -> list[Made]:
        """The versions that learnt from it; none if it is held out."""
        return [] if self.sample.held_out else self.model_versions


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
    return [_influence(trace) for trace in traces(case)]


def review_influence(review: Review) -> ReviewInfluence:
    """Only what learnt from it itself: not what learnt from cases it recommended."""
    sample = Sample.objects.for_table().filter(review=review).first()
    found = _influence(trace(sample)) if sample else None
    learnt = [made.version.pk for made in found.learnt] if found else []
    return ReviewInfluence(
        review=review,
        influence=found,
        cases=Case.objects.for_table().filter(recommender_id__in=learnt),
        predictions=Prediction.objects.filter(model_version__in=learnt).count(),
    )


def ripple(case: Case) -> Ripple | None:
    """None where no frozen version contains a sample withdrawn from the case."""
    left = [
        found
        for found in influences(case)
        if found.sample.withdrawn_at and found.dataset_versions
    ]
    return Ripple(left, first_without(case)) if left else None


def _influence(trace: Trace) -> Influence:
    runs = {run.pk: run for run in trace.runs}
    versions = ModelVersion.objects.filter(run__in=runs).order_by("-pk")
    periods: defaultdict[int, list[ServingPeriod]] = defaultdict(list)
    for period in ServingPeriod.objects.filter(
        model_version__in=versions.values("pk")
    ).order_by("since"):
        periods[period.model_version_id].append(period)
    recommended = _recommended([each.pk for each in versions])
    made = [
        Made(each, runs[each.run_id], periods[each.pk], recommended.get(each.pk, 0))
        for each in versions
    ]
    return Influence(trace.sample, trace.dataset_versions, trace.runs, made)


def _recommended(versions: list[int]) -> dict[int | None, int]:
    """By version: how many cases carry its recommendation."""
    rows = Case.objects.filter(recommender_id__in=versions).order_by()
    return dict(rows.values_list("recommender_id").annotate(n=Count("pk")))

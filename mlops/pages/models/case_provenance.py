"""For the page of a case: what its recommendation was learnt from, what it taught.

Cheap on purpose, since reviewers open this page all day: figures of sealed datasets are
those kept with them, and lists are short.
"""

from dataclasses import dataclass

from mlops.models import ModelVersion, ServingPeriod
from mlops.provenance.impact import Made, told, versions_made_with
from preciso.page_paginator import first_rows
from training.choices import TrainingScope
from training.models import Case, Sample, TrainingRun
from training.services.datasets.figures import counts

SHOWN = 5  # samples, people and serving periods each


@dataclass(frozen=True)
class Behind:
    """The version that recommended, and what it had learnt from.

    ``reviewers``: by user name, how many samples of its whole dataset are theirs.
    """

    version: ModelVersion
    run: TrainingRun
    learnt: int
    reviewers: list[tuple[str, int]]
    newest: list[Sample]
    periods: list[ServingPeriod]


@dataclass(frozen=True)
class Reached:
    """What the approval of a case came to: the newest versions, and of all of them how
    many cases they recommended a decision for."""

    sample: Sample
    newest: list[Made]
    cases: int


def behind(case: Case) -> Behind | None:
    """None where no version of ours recommended."""
    if case.recommender_id is None:
        return None
    version = ModelVersion.objects.for_table().filter(pk=case.recommender_id).first()
    return behind_version(version) if version else None


def behind_version(version: ModelVersion) -> Behind:
    """Needs a row of ModelVersion.objects.for_table()."""
    contained = counts(version.run.dataset_version)
    samples = version.run.learnt_from().for_table()
    whole = version.run.scope == TrainingScope.ALL
    return Behind(
        version=version,
        run=version.run,
        learnt=(
            contained["samples"] - contained["held_out"] if whole else samples.count()
        ),
        reviewers=list(contained["by_reviewer"].items())[:SHOWN],
        newest=first_rows(samples.order_by("-in_from", "-pk"), SHOWN),
        periods=list(version.periods.for_table()[:SHOWN]),
    )


def reached(case: Case) -> Reached | None:
    """None where no version was made with its live sample."""
    sample = case.samples.filter(withdrawn_at=None).order_by("-pk").first()
    if sample is None:
        return None
    made = versions_made_with(sample)
    newest = list(made[:SHOWN])
    if not newest:
        return None
    taught = Case.objects.filter(recommender_id__in=made.order_by().values("pk"))
    return Reached(sample, told(newest), 0 if sample.held_out else taught.count())

"""For the page of a case: the version that recommended, and what the case taught.

Reviewers open this page all day, so it must cost little: the figures of sealed datasets
are those stored with them, and lists are short.
"""

from dataclasses import dataclass

from mlops.models import ModelVersion, ServingPeriod
from mlops.provenance.impact import VersionUse, version_uses, versions_made_with
from preciso.page_paginator import first_rows
from training.choices import TrainingScope
from training.models import Case, Sample, TrainingRun
from training.services.datasets.figures import counts

LISTED = 5  # samples, people and serving periods each


@dataclass(frozen=True)
class VersionOrigin:
    """A version that answered, and what it had learnt from.

    ``learnt``: the number of samples; ``newest``: the last of them. ``reviewers``: user
    names, and how many samples of the whole dataset each of them approved.
    """

    version: ModelVersion
    run: TrainingRun
    learnt: int
    reviewers: list[tuple[str, int]]
    newest: list[Sample]
    periods: list[ServingPeriod]


@dataclass(frozen=True)
class ApprovalImpact:
    """The newest versions that used the sample of an approval.

    ``cases``: how many cases have a recommendation of any version that learnt from it.
    """

    sample: Sample
    newest: list[VersionUse]
    cases: int


def recommendation_origin(case: Case) -> VersionOrigin | None:
    """None where no version of ours recommended."""
    if case.recommender_id is None:
        return None
    version = ModelVersion.objects.for_table().filter(pk=case.recommender_id).first()
    return version_origin(version) if version else None


def version_origin(version: ModelVersion) -> VersionOrigin:
    """The origin of a version, which must be a row of ``for_table()``."""
    contained = counts(version.run.dataset_version)
    samples = version.run.learnt_from().for_table()
    whole = version.run.scope == TrainingScope.ALL
    return VersionOrigin(
        version=version,
        run=version.run,
        learnt=(
            contained["samples"] - contained["held_out"] if whole else samples.count()
        ),
        reviewers=list(contained["by_reviewer"].items())[:LISTED],
        newest=first_rows(samples.order_by("-in_from", "-pk"), LISTED),
        periods=list(version.periods.for_table()[:LISTED]),
    )


def approval_impact(case: Case) -> ApprovalImpact | None:
    """None where no version used the sample of its approval, or that is withdrawn."""
    sample = case.samples.filter(withdrawn_at=None).order_by("-pk").first()
    if sample is None:
        return None
    versions = versions_made_with(sample)
    newest = list(versions[:LISTED])
    if not newest:
        return None
    taught = Case.objects.filter(recommender_id__in=versions.order_by().values("pk"))
    return ApprovalImpact(
        sample, version_uses(newest), 0 if sample.held_out else taught.count()
    )

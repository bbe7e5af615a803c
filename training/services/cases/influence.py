"""Where the samples of a case went, and leaving a withdrawn one behind."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from training.choices import DatasetStatus, TrainingScope
from training.errors import NotAllowedNow
from training.models import Case, DatasetVersion, Sample, TrainingRun
from training.models.audit import Actor
from training.models.datasets import DatasetVersionQuerySet
from training.models.runs import TrainingRunQuerySet
from training.services.datasets.versions import EmptyDataset
from training.services.runs.submissions import seal_and_train


@dataclass(frozen=True)
class Trace:
    """A sample, the frozen versions that contain it, and the runs that used it: as
    queries, for there may be thousands.

    A run learnt from it, or, if it is held out, was measured on it.
    """

    sample: Sample
    dataset_versions: DatasetVersionQuerySet
    runs: TrainingRunQuerySet


def trace(sample: Sample) -> Trace:
    """Where this sample went."""
    versions = _containing(sample).order_by("number")
    runs = TrainingRun.objects.for_table().trained_something()
    return Trace(sample, versions, runs.filter(used_by_runs(sample)))


def used_by_runs(sample: Sample, run: str = "") -> Q:
    """That a run used it; ``run`` leads there from another model, as ``run__``."""
    if sample.in_from_id is None:
        return Q(pk__in=[])
    version = f"{run}dataset_version__"
    # By the joined version's number, not by a list of versions: from such a list both
    # databases would start, and read every run of every version.
    condition = Q(
        (f"{version}frozen_at__isnull", False),
        (f"{version}number__gte", sample.in_from_id),
    )
    if sample.in_until_id is not None:
        condition &= Q((f"{version}number__lt", sample.in_until_id))
    if sample.held_out:
        return condition
    # A run on what was new alone, when it was new no longer, did not.
    new_then = Q((f"{version}number", sample.in_from_id))
    return condition & (Q((f"{run}scope", TrainingScope.ALL)) | new_then)


def _containing(sample: Sample) -> DatasetVersionQuerySet:
    if sample.in_from_id is None:
        return DatasetVersion.objects.none()
    frozen = DatasetVersion.objects.frozen().filter(number__gte=sample.in_from_id)
    if sample.in_until_id is None:
        return frozen
    return frozen.filter(number__lt=sample.in_until_id)


def first_without(case: Case) -> DatasetVersion | None:
    """The first version that no longer contains what was withdrawn from the case.

    It may be open still. None: no version has to be sealed anew, since no frozen one
    contains a withdrawn sample of the case.
    """
    sample = case.samples.filter(in_until__isnull=False).order_by("-in_until").first()
    if sample is None or sample.in_from_id == sample.in_until_id:
        return None
    return sample.in_until


def seal_without(case: Case, *, by: Actor) -> TrainingRun:
    """Seal the open version, which lacks what was withdrawn from the case, and train.

    Raises NotAllowedNow where nothing was withdrawn from a sealed version or one was
    sealed without it already, EmptyDataset where nothing is left, and what
    ``seal_and_train`` raises.
    """
    version = first_without(case)
    if version is None:
        raise NotAllowedNow(
            _(
                "No sealed dataset contains a withdrawn sample of %(case)s; "
                "there is nothing to leave out."
            )
            % {"case": case}
        )
    if version.status != DatasetStatus.OPEN:
        raise NotAllowedNow(
            _("%(version)s was already sealed without %(case)s; train that one.")
            % {"version": version, "case": case}
        )
    if not version.samples().exists():
        raise EmptyDataset(
            _("Without %(case)s nothing is left to train on. Approve some cases first.")
            % {"case": case}
        )
    return seal_and_train(version, by=by)

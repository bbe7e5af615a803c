"""Collecting samples into the open version, and sealing it."""

import hashlib
import json
import logging
from collections import Counter
from datetime import timedelta
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from django.core.files import File
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from training import tasks
from training.choices import DatasetStatus, JobFlow, JobKind
from training.errors import DomainError, NotAllowedNow, StaleState
from training.models import AuditEvent, DatasetVersion, PipelineJob, Sample
from training.models.audit import Actor

logger = logging.getLogger(__name__)
SEAL_INLINE_UP_TO = 10_000  # samples; the contract's border to a job
INTERRUPTED_AFTER = timedelta(minutes=2)


class EmptyDataset(DomainError):
    """There is nothing to seal."""

    code = "empty_dataset"


def open_version(*, by: Actor, name: str = "") -> tuple[DatasetVersion, bool]:
    """The open dataset version, made if there is none; and whether it was made."""
    found = DatasetVersion.objects.open().first()
    if found:
        return found, False
    last = DatasetVersion.objects.aggregate(last=Max("number"))["last"] or 0
    try:
        with transaction.atomic():
            version = DatasetVersion.objects.create(
                number=last + 1, name=name or f"Dataset {last + 1}"
            )
            AuditEvent.objects.record("dataset.opened", actor=by, subject=version)
    except IntegrityError:  # somebody opened one meanwhile
        return DatasetVersion.objects.open().get(), False
    return version, True


def enter_open_version(*, by: Actor, **columns: Any) -> Sample:
    """Make a sample in the open version, whichever that is when it is written.

    The database refuses a sample in a version that was frozen meanwhile; then the
    next version is open, and the sample goes there.
    """
    for _attempt in range(5):
        version, _created = open_version(by=by)
        try:
            with transaction.atomic():
                return Sample.objects.create(in_from=version, **columns)
        except IntegrityError:
            if DatasetVersion.objects.open().filter(pk=version.pk).exists():
                raise
    raise StaleState(_("The dataset is being sealed; please try again."))


@transaction.atomic
def freeze(version: DatasetVersion, *, by: Actor) -> int:
    """Take the version out of collecting; returns how many samples it contains.

    Raises NotAllowedNow unless it is open, EmptyDataset if it contains nothing.
    """
    if version.status != DatasetStatus.OPEN:
        raise NotAllowedNow(
            _("%(version)s is %(status)s; only an open version can be sealed.")
            % {"version": version, "status": version.get_status_display().lower()}
        )
    count = version.samples().count()
    if not count:
        raise EmptyDataset(
            _("%(version)s contains no samples yet. Approve some cases first.")
            % {"version": version}
        )
    version.move(DatasetStatus.SEALING, frozen_at=timezone.now())
    AuditEvent.objects.record("dataset.frozen", actor=by, subject=version)
    return count


def seal_version(version: DatasetVersion, *, by: Actor) -> PipelineJob | None:
    """Seal the open version: frozen, exported, hashed, immutable from then on.

    None: it is sealed now. A job: it is large, and the job will have sealed it.
    Raises NotAllowedNow unless it is open, EmptyDataset if it contains nothing.
    """
    with transaction.atomic():
        count = freeze(version, by=by)
        if count > SEAL_INLINE_UP_TO:
            return submit_seal(version, by=by, flow=JobFlow.INTERACTIVE)
    export_and_seal(version, by=by)
    return None


@transaction.atomic
def submit_seal(version: DatasetVersion, *, by: Actor, flow: JobFlow) -> PipelineJob:
    """Queue the export of a frozen version."""
    job = PipelineJob.objects.create(
        kind=JobKind.SEAL,
        flow=flow,
        input={"dataset_version_id": str(version.pk)},
        dedupe_key=f"seal:{version.pk}",
        created_by=by,
    )
    DatasetVersion.objects.filter(pk=version.pk).update(sealing_job=job)
    AuditEvent.objects.record(
        "job.submitted", actor=by, subject=job, kind=job.kind, dataset=version.pk
    )
    tasks.ring_after_commit()
    return job


def export_and_seal(version: DatasetVersion, *, by: Actor) -> DatasetVersion:
    """Write the NDJSON of a frozen version, hash it, seal. Safe to repeat.

    What a frozen version contains cannot change, so two exporters write equal bytes;
    the first one seals, the other finds it sealed.
    """
    version.refresh_from_db()
    if version.status == DatasetStatus.SEALED:
        return version
    with TemporaryFile() as file:
        count, digest = _write_export(version, file)
        file.seek(0)
        name = storages["artifacts"].save(
            f"datasets/{version.number:06d}.ndjson", File(file)
        )
    try:
        with transaction.atomic():
            version.move(
                DatasetStatus.SEALED,
                sealed_at=timezone.now(),
                sealed_by=by,
                sample_count=count,
                sha256=digest,
                export_name=name,
            )
            AuditEvent.objects.record(
                "dataset.sealed",
                actor=by,
                subject=version,
                sha256=digest,
                sample_count=count,
            )
    except StaleState:
        storages["artifacts"].delete(name)
        version.refresh_from_db()
    return version


def _write_export(version: DatasetVersion, file: BinaryIO) -> tuple[int, str]:
    digest, count = hashlib.sha256(), 0
    samples = version.samples().select_related("case").order_by("pk")
    for sample in samples.iterator(chunk_size=500):
        line = json.dumps(export_row(sample), ensure_ascii=False) + "\n"
        digest.update(line.encode())
        file.write(line.encode())
        count += 1
    return count, digest.hexdigest()


def export_row(sample: Sample) -> dict[str, Any]:
    """One line of the sealed file. Protected attributes are not part of a sample."""
    return {
        "id": str(sample.pk),
        "case": sample.case.external_id,
        "split": "eval" if sample.held_out else "train",
        "instruction": sample.instruction,
        "input": sample.input,
        "output": sample.output,
        "facts": sample.facts,
        "decision": sample.decision,
    }


def open_export(version: DatasetVersion) -> "File[bytes]":
    """The sealed bytes. Raises NotAllowedNow unless the version is sealed."""
    if version.status != DatasetStatus.SEALED:
        raise NotAllowedNow(_("%(version)s is not sealed.") % {"version": version})
    try:
        return storages["artifacts"].open(version.export_name, "rb")
    except FileNotFoundError as gone:
        raise NotAllowedNow(
            _("The file of %(version)s is gone from the artifact store.")
            % {"version": version},
            code="file_missing",
        ) from gone


def counts(version: DatasetVersion) -> dict[str, Any]:
    """What a version contains: all, held out, new in it, and by decision."""
    rows = version.samples().values_list("decision", "held_out", "in_from")
    by_decision: Counter[str] = Counter()
    held_out = new = 0
    for decision, is_held_out, entered in rows:
        by_decision[decision] += 1
        held_out += is_held_out
        new += entered == version.number
    return {
        "samples": by_decision.total(),
        "held_out": held_out,
        "new": new,
        "by_decision": dict(by_decision.most_common()),
    }


def resume_interrupted_seals() -> int:
    """Queue the sealing of versions whose exporter died. Returns how many."""
    before = timezone.now() - INTERRUPTED_AFTER
    found = list(DatasetVersion.objects.interrupted(before=before))
    for version in found:
        try:
            submit_seal(version, by=None, flow=JobFlow.MAINTENANCE)
        except IntegrityError:
            logger.info("%s is being sealed by another job", version)
    return len(found)

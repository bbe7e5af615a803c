"""Collecting samples into the open version, and sealing it."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from django.core.files import File
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from preciso import clock, limits
from preciso.clock import DatabaseNow
from training import tasks
from training.choices import DatasetStatus, GateStatus, JobFlow, JobKind
from training.errors import DomainError, NotAllowedNow, StaleState
from training.models import (
    AuditEvent,
    DatasetVersion,
    PipelineJob,
    Sample,
    SamplePlace,
)
from training.models.audit import Actor
from training.refusals import refusal
from training.services.datasets.figures import count_samples
from training.values import checked_text

logger = logging.getLogger(__name__)
SEAL_INLINE_UP_TO = 10_000  # samples; the contract's border to a job
INTERRUPTED_AFTER = timedelta(minutes=2)
MOVED_AT_ONCE = 500  # samples of which one event tells
EXPORT_PIECE = 2000  # samples in memory at a time
CONTENT = ("instruction", "input", "output", "facts", "decision")
EXPORTED = ("pk", "case__external_id", "held_out", *CONTENT)


class EmptyDataset(DomainError):
    """There is nothing to seal."""

    code = "empty_dataset"


def default_name(number: int) -> str:
    """What a version is called that nobody named; pages say its number instead."""
    return f"Dataset {number}"


def open_version(*, by: Actor, name: str = "") -> tuple[DatasetVersion, bool]:
    """The open dataset version, made if there is none; and whether it was made.

    Raises InvalidInput for a name that is too long.
    """
    name = checked_text(name, "name", limits.LABEL)
    version = DatasetVersion.objects.open().first()
    if version:
        return version, False
    last = DatasetVersion.objects.aggregate(last=Max("number"))["last"] or 0
    try:
        with transaction.atomic():
            version = DatasetVersion.objects.create(
                number=last + 1, name=name or default_name(last + 1)
            )
            AuditEvent.objects.record(
                "dataset.opened", actor=by, subject=version, records=[version]
            )
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
            refusal("not_open", version=version.number, status=version.status)
        )
    count = version.samples().count()
    if not count:
        raise EmptyDataset(refusal("no_samples", version=version.number))
    version.move(DatasetStatus.SEALING, frozen_at=DatabaseNow())
    AuditEvent.objects.record(
        "dataset.frozen", actor=by, subject=version, records=[version]
    )
    return count


def take_in_parked() -> None:
    """Samples that were taken out of a version before it was frozen enter the next.

    The caller's transaction has taken them out: that they were nowhere nobody else has
    seen, so one event tells of both.
    """
    following, _is_new = open_version(by=None)
    parked = Sample.objects.filter(
        in_from=None, gate_status=GateStatus.CANDIDATE, withdrawn_at=None
    )
    ids = sorted(parked.values_list("pk", flat=True))
    parked.update(in_from=following)
    for start in range(0, len(ids), MOVED_AT_ONCE):
        piece = SamplePlace.objects.filter(pk__in=ids[start : start + MOVED_AT_ONCE])
        AuditEvent.objects.record(
            "dataset.samples_moved",
            actor=None,
            subject=following,
            records=piece.only("pk", "in_from", "in_until").order_by("pk"),
            count=len(ids),
        )


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


def _carry_on() -> None:
    """Nobody asks to stop, and there is no lease to renew."""


def export_and_seal(
    version: DatasetVersion, *, by: Actor, check: Callable[[], object] = _carry_on
) -> DatasetVersion:
    """Write the NDJSON of a frozen version, hash it, count it, seal. Safe to repeat.

    What a frozen version contains cannot change, so two exporters write equal bytes;
    the first one seals, the other finds it sealed. Nothing is locked meanwhile.
    ``check`` is called every so many rows; what it raises ends the export.
    """
    version.refresh_from_db()
    if version.status == DatasetStatus.SEALED:
        return version
    with TemporaryFile() as file:
        count, digest = _write_export(version, file, check)
        file.seek(0)
        name = storages["artifacts"].save(
            f"datasets/{version.number:06d}.ndjson", File(file)
        )
    contents = count_samples(
        version
    )  # before the transaction, which is then a short one
    try:
        _become_sealed(
            version,
            by,
            sample_count=count,
            sha256=digest,
            export_name=name,
            counts=contents,
        )
    except StaleState:
        storages["artifacts"].delete(name)
        version.refresh_from_db()
    return version


@transaction.atomic
def _become_sealed(version: DatasetVersion, by: Actor, **columns: Any) -> None:
    version.move(DatasetStatus.SEALED, sealed_at=DatabaseNow(), sealed_by=by, **columns)
    AuditEvent.objects.record(
        "dataset.sealed",
        actor=by,
        subject=version,
        records=[version],
        sha256=columns["sha256"],
        sample_count=columns["sample_count"],
    )


def _write_export(
    version: DatasetVersion, file: BinaryIO, check: Callable[[], object]
) -> tuple[int, str]:
    digest, count = hashlib.sha256(), 0
    for rows in _in_pieces(version):
        piece = "".join(
            json.dumps(export_row(row), ensure_ascii=False) + "\n" for row in rows
        ).encode()
        digest.update(piece)
        file.write(piece)
        count += len(rows)
        check()
    return count, digest.hexdigest()


def _in_pieces(version: DatasetVersion) -> Iterator[list[dict[str, Any]]]:
    """What a frozen version contains, in order of id, a query for each piece.

    One long query would do on PostgreSQL. On SQLite a connection that is still reading
    cannot write once somebody else has written, and ``check`` writes.
    """
    rows = version.samples().order_by("pk").values(*EXPORTED)
    last = 0
    while piece := list(rows.filter(pk__gt=last)[:EXPORT_PIECE]):
        yield piece
        last = piece[-1]["pk"]


def export_row(sample: dict[str, Any]) -> dict[str, Any]:
    """One line of the sealed file. Protected attributes are not part of a sample."""
    return {
        "id": str(sample["pk"]),
        "case": sample["case__external_id"],
        "split": "eval" if sample["held_out"] else "train",
        **{name: sample[name] for name in CONTENT},
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


def resume_interrupted_seals() -> int:
    """Queue the sealing of versions whose exporter died. Returns how many."""
    before = clock.database_now() - INTERRUPTED_AFTER
    versions = list(DatasetVersion.objects.interrupted(before=before))
    for version in versions:
        try:
            submit_seal(version, by=None, flow=JobFlow.MAINTENANCE)
        except IntegrityError:
            logger.info("%s is being sealed by another job", version)
    return len(versions)

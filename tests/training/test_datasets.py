"""Sealing: what a version contains, its bytes, and what it refuses."""

import hashlib
import json

import pytest
from django.core.files.storage import storages

from tests.apis import a_sealed_version, an_approved_case, person
from training.choices import DatasetStatus, JobKind, JobStatus
from training.errors import NotAllowedNow
from training.models import Case, DatasetVersion, PipelineJob
from training.services.cases.approvals import withdraw_approval
from training.services.datasets import versions

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return person("Admin", "alice")


def test_the_hash_is_of_the_exported_bytes(alice):
    version = a_sealed_version(alice)
    with versions.open_export(version) as export:
        sealed = export.read()
    assert hashlib.sha256(sealed).hexdigest() == version.sha256
    rows = [json.loads(line) for line in sealed.splitlines()]
    assert len(rows) == version.sample_count == 4
    assert {"id", "instruction", "input", "output", "facts", "decision"} <= rows[
        0
    ].keys()


def test_a_version_contains_the_earlier_samples_less_the_withdrawn(alice):
    first = a_sealed_version(alice, size=3)
    withdraw_approval(Case.objects.earliest("pk"), by=alice)
    an_approved_case(alice)
    second, _ = versions.open_version(by=alice)
    versions.seal_version(second, by=alice)
    second.refresh_from_db()

    assert (first.samples().count(), second.samples().count()) == (3, 3)
    assert second.number == first.number + 1
    again = DatasetVersion.objects.get(pk=first.pk)
    assert versions.export_and_seal(again, by=alice).sha256 == first.sha256


def test_an_empty_version_is_not_sealed(alice):
    version, _ = versions.open_version(by=alice)
    with pytest.raises(versions.EmptyDataset):
        versions.seal_version(version, by=alice)
    version.refresh_from_db()
    assert version.status == DatasetStatus.OPEN


def test_a_sealed_version_is_not_sealed_again(alice):
    version = a_sealed_version(alice)
    with pytest.raises(NotAllowedNow, match="only an open version"):
        versions.seal_version(version, by=alice)


def test_the_open_version_is_one(alice):
    version, made = versions.open_version(by=alice, name="March")
    again, made_again = versions.open_version(by=alice, name="April")
    assert (made, made_again) == (True, False)
    assert again == version


def test_an_approval_during_the_export_goes_to_the_next_version(alice):
    an_approved_case(alice)
    version = DatasetVersion.objects.open().get()
    versions.freeze(version, by=alice)
    late = an_approved_case(alice)
    versions.export_and_seal(version, by=alice)
    assert version.sample_count == 1
    assert late.samples.get().in_from.number == version.number + 1


def test_a_large_version_is_sealed_by_a_job(
    alice, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(versions, "SEAL_INLINE_UP_TO", 1)
    an_approved_case(alice)
    an_approved_case(alice)
    version = DatasetVersion.objects.open().get()
    with django_capture_on_commit_callbacks(execute=True):
        job = versions.seal_version(version, by=alice)
        assert version.status == DatasetStatus.SEALING
    job.refresh_from_db()
    version.refresh_from_db()
    assert (job.kind, job.status) == (JobKind.SEAL, JobStatus.COMPLETED)
    assert version.status == DatasetStatus.SEALED
    assert job.output["sha256"] == version.sha256


def test_a_seal_whose_process_died_is_resumed(alice, monkeypatch):
    an_approved_case(alice)
    version = DatasetVersion.objects.open().get()
    versions.freeze(version, by=alice)
    assert versions.resume_interrupted_seals() == 0  # somebody may still be at it

    monkeypatch.setattr(versions, "INTERRUPTED_AFTER", -versions.INTERRUPTED_AFTER)
    assert versions.resume_interrupted_seals() == 1
    assert versions.resume_interrupted_seals() == 0
    assert PipelineJob.objects.get().kind == JobKind.SEAL


def test_a_sealed_file_that_is_gone_is_said(alice):
    version = a_sealed_version(alice)
    storages["artifacts"].delete(version.export_name)
    with pytest.raises(NotAllowedNow, match="is gone"):
        versions.open_export(version)

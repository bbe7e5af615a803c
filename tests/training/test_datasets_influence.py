"""A withdrawal: what still contains the sample, and sealing without it."""

import pytest

from tests.apis import a_run, an_approved_case, person
from training.choices import DatasetStatus, JobStatus
from training.errors import NotAllowedNow
from training.models import Case, DatasetVersion, PipelineJob, TrainingRun
from training.services.cases.approvals import (
    ReviewInput,
    approve_case,
    is_held_out,
    withdraw_approval,
)
from training.services.cases.influence import first_without, seal_without, trace
from training.services.datasets.versions import EmptyDataset, open_version, seal_version

pytestmark = pytest.mark.django_db
LEARNT = next(f"L-{n}" for n in range(100) if not is_held_out(f"L-{n}"))
HELD = next(f"H-{n}" for n in range(100) if is_held_out(f"H-{n}"))


@pytest.fixture
def alice():
    return person("Admin", "alice")


def sealed(by):
    version, _made = open_version(by=by)
    seal_version(version, by=by)
    version.refresh_from_db()
    return version


@pytest.fixture
def twice_sealed(alice):
    """Two sealed versions with both cases in them."""
    an_approved_case(alice, external_id=LEARNT)
    an_approved_case(alice, external_id=HELD)
    first = sealed(alice)
    an_approved_case(alice)
    return first, sealed(alice)


def case_of(external_id):
    return Case.objects.get(external_id=external_id)


def test_a_withdrawn_sample_is_still_in_the_versions_sealed_before(alice, twice_sealed):
    first, second = twice_sealed
    withdraw_approval(case_of(LEARNT), by=alice)
    third = sealed(alice)
    versions = trace(case_of(LEARNT).samples.get()).dataset_versions
    assert list(versions) == [first, second]
    assert not third.samples().filter(case=case_of(LEARNT)).exists()


def test_runs_that_used_the_sample_are_named_and_those_that_did_not_are_not(
    alice, twice_sealed
):
    first, second = twice_sealed
    on_all = a_run(second)
    when_it_was_new = a_run(first)
    later = a_run(second)
    TrainingRun.objects.filter(pk__in=(when_it_was_new.pk, later.pk)).update(
        scope="delta"
    )
    skipped = a_run(first, status=JobStatus.CANCELED, reason="training_disabled")
    learnt = {run.pk for run in trace(case_of(LEARNT).samples.get()).runs}
    measured = {run.pk for run in trace(case_of(HELD).samples.get()).runs}
    assert learnt == {on_all.pk, when_it_was_new.pk}
    assert measured == learnt | {later.pk}  # all are measured on all that is held out
    assert skipped.pk not in measured


def test_what_came_and_left_in_an_open_version_left_no_trace(alice):
    case = an_approved_case(alice)
    withdraw_approval(case, by=alice)
    assert list(trace(case.samples.get()).dataset_versions) == []
    assert first_without(case) is None


def test_seal_without_it_trains_on_what_is_left(alice, twice_sealed):
    case = case_of(LEARNT)
    withdraw_approval(case, by=alice)
    version = first_without(case)
    run = seal_without(case, by=alice)
    version.refresh_from_db()
    assert run.dataset_version == version
    assert version.status == DatasetStatus.SEALING
    assert not version.samples().filter(case=case).exists()
    assert version.samples().count() == 2


def test_it_is_sealed_without_it_once(alice, twice_sealed):
    case = case_of(LEARNT)
    withdraw_approval(case, by=alice)
    seal_without(case, by=alice)
    with pytest.raises(NotAllowedNow, match=r"Dataset 3 was already sealed without"):
        seal_without(case, by=alice)
    assert PipelineJob.objects.count() == 1


def test_a_case_approved_and_withdrawn_once_more_is_left_out_once_more(
    alice, twice_sealed
):
    case = case_of(LEARNT)
    as_before = ReviewInput(decision=case.decision, rationale="As before.")
    withdraw_approval(case, by=alice)
    without = seal_without(case, by=alice).dataset_version
    approve_case(case, as_before, by=alice)
    again = sealed(alice)
    withdraw_approval(case, by=alice)

    run = seal_without(case, by=alice)

    numbers = [version.number for version in (without, again, run.dataset_version)]
    assert numbers == [3, 4, 5]
    assert again.samples().filter(case=case).exists()
    assert not run.dataset_version.samples().filter(case=case).exists()
    with pytest.raises(NotAllowedNow, match=r"Dataset 5 was already sealed without"):
        seal_without(case, by=alice)


def test_a_case_that_was_not_withdrawn_leaves_nothing_out(alice, twice_sealed):
    with pytest.raises(NotAllowedNow, match="nothing to leave out"):
        seal_without(case_of(LEARNT), by=alice)
    assert not PipelineJob.objects.exists()


def test_nothing_is_sealed_where_nothing_is_left(alice):
    case = an_approved_case(alice)
    sealed(alice)
    withdraw_approval(case, by=alice)
    with pytest.raises(EmptyDataset, match="nothing is left"):
        seal_without(case, by=alice)
    assert DatasetVersion.objects.open().exists()

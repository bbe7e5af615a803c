"""Versions as a chain: what is new in one, what differs, and what is counted."""

import json

import pytest

from tests.apis import a_case, an_approved_case, person
from training.choices import ReviewSource
from training.errors import InvalidInput
from training.models import Case, DatasetVersion, Sample
from training.services.cases.approvals import (
    ReviewInput,
    approve_case,
    is_held_out,
    withdraw_approval,
)
from training.services.datasets import figures, versions
from training.services.datasets.differences import compare

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita():
    return person("Reviewer", "rita")


def sealed(by):
    version = DatasetVersion.objects.open().get()
    versions.seal_version(version, by=by)
    return DatasetVersion.objects.get(pk=version.pk)


def decide(external_id, decision, by):
    case = Case.objects.get(external_id=external_id)
    approve_case(case, ReviewInput(decision=decision, confidence=0.95), by=by)


def facts(name):
    """Its own: equal facts with another decision would ask for a second reviewer."""
    return [{"name": "income", "value": 1000 + ord(name)}]


@pytest.fixture
def two(rita):
    """Dataset 1: A B C D. Dataset 2: B as it was, C otherwise, D again, E new."""
    for name in "ABCD":
        an_approved_case(rita, external_id=name, decision="approve", facts=facts(name))
    first = sealed(rita)
    for name in "ACD":
        withdraw_approval(Case.objects.get(external_id=name), by=rita)
    decide("C", "deny", rita)
    decide("D", "approve", rita)
    sam = person("Reviewer", "sam")
    case = a_case(by=sam, external_id="E", facts=facts("E"))
    approve_case(
        case,
        ReviewInput(decision="deny", confidence=0.95),
        by=sam,
        source=ReviewSource.BULK,
    )
    return first, sealed(rita)


def names(rows):
    return sorted(row.case.external_id for row in rows)


def test_the_parent_is_the_version_before(two):
    first, second = two
    assert first.parent is None
    assert second.parent == first
    rows = {row.pk: row.parent_id for row in DatasetVersion.objects.for_table()}
    assert rows == {first.pk: None, second.pk: first.pk}


def test_the_delta_is_what_came_in_and_what_left_since_the_parent(two):
    first, second = two
    assert names(second.added()) == ["C", "D", "E"]
    assert names(second.withdrawn()) == ["A", "C", "D"]
    assert (first.added().count(), first.withdrawn().count()) == (4, 0)


def test_what_came_and_left_while_a_version_was_open_is_no_part_of_its_delta(rita):
    an_approved_case(rita)
    sealed(rita)
    short = an_approved_case(rita)
    withdraw_approval(short, by=rita)
    version = DatasetVersion.objects.open().get()
    assert not version.added().exists()
    assert not version.withdrawn().exists()
    assert figures.counts(version)["samples"] == 1


def test_a_sealed_version_keeps_its_counts(two):
    _first, second = two
    held_out = sum(is_held_out(name) for name in "BCDE")
    assert second.counts == {
        "samples": 4,
        "held_out": held_out,
        "new": 3,
        "withdrawn": 3,
        "by_decision": {"approve": 2, "deny": 2},
        "by_reviewer": {"rita": 3, "sam": 1},
        "by_source": {"api": 3, "bulk": 1},
    }


def test_the_counts_of_a_sealed_version_stay_when_a_sample_leaves_later(two, rita):
    _first, second = two
    withdraw_approval(Case.objects.get(external_id="E"), by=rita)
    assert figures.counts(second)["samples"] == 4
    now_open = DatasetVersion.objects.open().get()
    assert figures.counts(now_open)["by_reviewer"] == {"rita": 3}
    assert figures.counts(now_open)["withdrawn"] == 1


def test_a_version_sealed_before_there_were_counts_is_counted_when_asked(two):
    _first, second = two
    kept = second.counts
    second.counts = {}
    assert figures.counts(second) == kept


def test_an_open_version_is_counted_from_what_changed_as_if_from_every_sample(
    two, rita
):
    withdraw_approval(Case.objects.get(external_id="E"), by=rita)
    an_approved_case(rita, decision="maybe")
    gone = an_approved_case(rita, decision="maybe")
    withdraw_approval(gone, by=rita)
    now_open = DatasetVersion.objects.open().get()
    every = figures.count_samples(now_open)
    assert (every["new"], every["withdrawn"]) == (1, 1)

    assert figures.counts(now_open) == every


def test_counting_does_not_fetch_the_samples(two, django_assert_num_queries):
    second = two[1]
    second.counts = {}
    with django_assert_num_queries(5):
        figures.counts(second)


def test_comparing_names_what_each_has_alone_and_what_was_decided_otherwise(two):
    first, second = two
    found = compare(second, first)
    assert (found.added, found.withdrawn, found.changed) == (3, 3, 1)
    assert names(found.rows("added")) == ["C", "D", "E"]
    assert names(found.rows("withdrawn")) == ["A", "C", "D"]
    changed = found.rows("changed").get()
    assert (changed.case.external_id, changed.decision) == ("C", "deny")
    assert changed.other_decision == "approve"
    told = {
        (row.case.external_id, row.change): row.other_decision for row in found.rows()
    }
    assert told == {
        ("A", "withdrawn"): None,
        ("C", "withdrawn"): "deny",
        ("C", "added"): "approve",
        ("D", "withdrawn"): "approve",
        ("D", "added"): "approve",
        ("E", "added"): None,
    }


def test_comparing_the_other_way_round_swaps_the_sides(two):
    first, second = two
    found = compare(first, second)
    assert (found.added, found.withdrawn, found.changed) == (3, 3, 1)
    assert names(found.rows("added")) == ["A", "C", "D"]
    assert found.rows("changed").get().other_decision == "deny"


def test_versions_further_apart_differ_in_the_sum_of_what_happened(two, rita):
    first, _second = two
    withdraw_approval(Case.objects.get(external_id="E"), by=rita)
    an_approved_case(rita, external_id="F", facts=facts("F"))
    found = compare(DatasetVersion.objects.open().get(), first)
    assert names(found.rows("added")) == ["C", "D", "F"]  # E came and went between
    assert names(found.rows("withdrawn")) == ["A", "C", "D"]


def test_a_version_differs_from_itself_in_nothing(two):
    found = compare(two[0], two[0])
    assert (found.added, found.withdrawn, found.changed) == (0, 0, 0)
    assert not found.rows().exists()


def test_a_part_that_there_is_not_is_refused(two):
    with pytest.raises(InvalidInput, match="no part moved"):
        compare(*two).rows("moved")


def test_the_export_comes_in_pieces_and_stays_one_file(rita, monkeypatch):
    monkeypatch.setattr(versions, "EXPORT_PIECE", 2)
    for _each in range(5):
        an_approved_case(rita)
    version = sealed(rita)
    with versions.open_export(version) as file:
        ids = [int(json.loads(line)["id"]) for line in file]
    assert ids == sorted(Sample.objects.values_list("pk", flat=True))
    assert version.sample_count == 5


def test_an_export_that_is_told_to_stop_seals_nothing_and_can_be_repeated(rita):
    an_approved_case(rita)
    version = DatasetVersion.objects.open().get()
    versions.freeze(version, by=rita)

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        versions.export_and_seal(version, by=rita, check=stop)
    version.refresh_from_db()
    assert (version.status, version.sha256) == ("sealing", "")
    assert versions.export_and_seal(version, by=rita).status == "sealed"

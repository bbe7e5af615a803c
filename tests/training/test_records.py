"""A record's hash: equal in memory and in either database, another for any change."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db.models.functions import Now

from tests.apis import an_approved_case, person
from training.models import AccessDay, AuditEvent, Case, Review, Sample, TrainingPolicy
from training.records import form_of, protected_models, record_of, writers
from training.services.audit.chain import event_content, link_hash
from training.services.cases import approvals, intake
from training.services.policy import policies

pytestmark = pytest.mark.django_db

ODD = [
    {"name": "large", "value": 1e22, "unit": "", "period": None, "source": ""},
    {"name": "larger", "value": 1e23, "unit": "", "period": None, "source": ""},
    {"name": "zero", "value": -0.0, "unit": "", "period": None, "source": ""},
    {"name": "small", "value": 1e-7, "unit": "", "period": None, "source": ""},
    {"name": "whole", "value": 3.0, "unit": "보류", "period": None, "source": ""},
    {
        "name": "long",
        "value": 12345678901234567890,
        "unit": "",
        "period": None,
        "source": "",
    },
]


def in_event(row):
    """The newest hash that the trail has of this row."""
    kind = row._meta.model_name
    carried = [
        record
        for event in AuditEvent.objects.order_by("pk")
        for record in event.records
        if (record["type"], record["id"]) == (kind, row.pk)
    ]
    return carried[-1]


@pytest.mark.parametrize("name", sorted(protected_models()))
def test_every_column_of_a_record_has_a_canonical_form(name):
    model = protected_models()[name]
    form = form_of(model)
    assert len(writers(model)) == len({*form.open, *form.private, *form.lists})
    assert not set(form.open) & set(form.private)


def test_a_case_with_odd_numbers_hashes_the_same_in_memory_and_read_back():
    alice = person("Admin", "alice")
    content = intake.CaseContent("odd", "odd", ODD, evidence=[])
    case, _ = intake.post_case(content, by=alice)
    assert record_of(Case.objects.get(pk=case.pk)) == record_of(case) == in_event(case)


def test_an_approval_carries_case_review_and_sample_as_the_database_has_them():
    case = an_approved_case(person("Admin", "alice"))
    for row in (
        Case.objects.get(pk=case.pk),
        Review.objects.get(case=case),
        Sample.objects.get(case=case),
    ):
        assert in_event(row) == record_of(row)


def test_a_withdrawal_carries_the_withdrawn_sample():
    alice = person("Admin", "alice")
    case = an_approved_case(alice)
    before = record_of(Sample.objects.get(case=case))
    approvals.withdraw_approval(Case.objects.get(pk=case.pk), by=alice)
    sample = Sample.objects.get(case=case)
    assert in_event(sample) == record_of(sample) != before


def test_any_change_of_a_column_changes_the_hash():
    case = an_approved_case(person("Admin", "alice"))
    sample = Sample.objects.get(case=case)
    plain = record_of(sample)["sha256"]
    for column, value in [
        ("decision", "other"),
        ("facts", [*sample.facts, {}]),
        ("held_out", not sample.held_out),
        ("created_at", sample.created_at + timedelta(microseconds=1)),
        ("withdrawn_at", sample.created_at),
    ]:
        had = getattr(sample, column)
        setattr(sample, column, value)
        assert record_of(sample)["sha256"] != plain
        setattr(sample, column, had)
    assert record_of(sample)["sha256"] == plain


def test_a_time_is_the_same_in_whatever_zone_it_is_said():
    review = Review(pk=1, case_id=1, by_id=1, at=datetime(2026, 5, 1, 12, tzinfo=UTC))
    plain = record_of(review)
    review.at = review.at.astimezone(timezone(timedelta(hours=9)))
    assert record_of(review) == plain


def test_a_time_that_was_not_read_back_is_refused():
    """What the database wrote is not known yet: its hash would prove nothing."""
    with pytest.raises(TypeError, match="read back"):
        record_of(Review(pk=1, case_id=1, by_id=1, at=Now()))


def test_a_row_that_is_not_protected_is_refused():
    with pytest.raises(LookupError, match="not protected"):
        record_of(AccessDay(pk=1))


def test_a_column_of_the_policy_at_its_default_is_not_in_the_hash():
    form = form_of(TrainingPolicy)
    assert set(form.left_out) == set(form.open)
    row = policies.policy()
    plain = record_of(row)
    row.blind_share = 0.5
    assert record_of(row) != plain


def test_an_event_without_records_keeps_the_hash_it_had():
    alice = person("Admin", "alice")
    event = AuditEvent.objects.record("case.posted", actor=alice, subject=alice)
    event.refresh_from_db()
    assert event.records == []
    assert "records" not in event_content(event)
    plain = link_hash("0" * 64, event)
    event.records = [{"type": "case", "id": 1, "sha256": "0" * 64}]
    assert link_hash("0" * 64, event) != plain

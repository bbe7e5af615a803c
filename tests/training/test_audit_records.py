"""Records beside their events: whatever was altered by SQL is named, both ways."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.apis import an_approved_case, on_record
from training.canonical import canonical_json
from training.choices import ReviewSource
from training.dbrules import TRAINING_RULES, put_up, take_down
from training.models import AuditEvent, AutoDecision, Case, Review, Sample
from training.services.audit import record_coverage
from training.services.audit.chain import chain_events, event_content
from training.services.audit.chain_check import COLUMNS, content_text, verify_chain
from training.services.audit.record_coverage import cover_records
from training.services.cases import approvals, intake
from training.services.datasets import versions
from training.services.people import tokens
from training.services.policy import policies

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return on_record("Admin", "alice")


@pytest.fixture
def by_sql():
    """As somebody with all rights on the database works, past the triggers."""
    take_down(TRAINING_RULES)

    def run(statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)

    yield run
    put_up(TRAINING_RULES)


@pytest.fixture
def introduced(monkeypatch):
    """The worker has told of what was before; what comes is covered at once."""
    monkeypatch.setattr(record_coverage, "SETTLE", -record_coverage.LATE)
    monkeypatch.setattr(record_coverage, "WAIT_AT_MOST", -record_coverage.LATE)
    for _round in range(20):
        if not cover_records():
            break


def a_story(alice):
    """Something of every kind that training writes."""
    case = an_approved_case(alice)
    intake.record_outcome(case, outcome="paid", at=None, by=alice)
    approvals.withdraw_approval(Case.objects.get(pk=case.pk), by=alice)
    again = Case.objects.get(pk=case.pk)
    approvals.reject_case(again, by=alice, source=ReviewSource.PAGE)
    an_approved_case(alice)
    version, _made = versions.open_version(by=alice)
    versions.seal_version(version, by=alice)
    policies.change_policy(by=alice, blind_share=0.25)
    token, _secret = tokens.create_token(alice, by=alice, name="script")
    tokens.revoke_token(token, by=alice)
    while cover_records():
        pass
    chain_events()
    return case


def test_after_a_whole_story_every_record_is_as_its_event_says(introduced, alice):
    a_story(alice)
    report = verify_chain()
    assert report.ok, report.problem
    assert report.untold == 0
    assert report.records > 10


def test_the_fast_text_of_an_event_is_its_content(introduced, alice):
    a_story(alice)
    odd = AuditEvent.objects.record(
        "case.posted", actor=None, subject=alice, text='"\\\n\u2028보류', n=1e22, f=-0.5
    )
    odd.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM training_auditevent")
        rows = {row[0]: row for row in cursor.fetchall()}
    for event in AuditEvent.objects.all():
        text, records = content_text(list(rows[event.pk]))
        assert text == canonical_json(event_content(event))
        assert [
            (str(r["id"]), r["type"], r["sha256"]) for r in event.records
        ] == records


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("review", "UPDATE training_review SET decision = 'no'"),
        ("review", "UPDATE training_review SET reasoning = 'as I was told'"),
        ("review", "UPDATE training_review SET by_id = {zoe}"),
        ("sample", "UPDATE training_sample SET output = 'other'"),
        ("sample", "UPDATE training_sample SET withdrawn_at = NULL, in_until = NULL"),
        ("case", "UPDATE training_case SET facts = '[]'"),
        ("case", "UPDATE training_case SET created_by_id = NULL"),
        ("case", "UPDATE training_case SET salt = ''"),
        ("review", "UPDATE training_review SET salt = 'ab'"),
        ("sample", "UPDATE training_sample SET salt = 'ab'"),
        ("sampleplace", "UPDATE training_sample SET in_from = NULL "
         "WHERE in_until IS NULL"),
        ("caseoutcome", "UPDATE training_caseoutcome SET outcome = 'defaulted'"),
        ("datasetversion", "UPDATE training_datasetversion SET sha256 = 'ab' "
         "WHERE status = 'sealed'"),
        ("trainingpolicy", "UPDATE training_trainingpolicy SET blind_share = 0.5"),
        ("apitoken", "UPDATE training_apitoken SET revoked_at = NULL"),
        ("autodecision", "UPDATE training_autodecision SET rules = '[]'"),
        ("autodecision", "DELETE FROM training_autodecision"),
        ("caseoutcome", "DELETE FROM training_caseoutcome"),
    ],
)  # fmt: skip
def test_a_record_altered_by_sql_is_named(introduced, alice, by_sql, kind, statement):
    zoe = on_record("Viewer", "zoe")
    a_story(alice)
    by_sql(statement.format(zoe=zoe.pk))
    report = verify_chain()
    assert report.problem.startswith(f"{kind} "), report.problem
    with pytest.raises(CommandError, match=rf"{kind} \d+ "):
        call_command("verify_audit")


def test_what_comes_after_the_introduction_is_not_taken_over():
    call_command("introduce_records")
    an_approved_case(on_record("Admin", "alice"))
    while cover_records():
        pass

    taken = AuditEvent.objects.filter(action=record_coverage.TAKEN_OVER)
    told = [record["type"] for event in taken for record in event.records]
    assert set(told) == {"group", "servingstate", "trainingpolicy"}  # by migrations
    assert AuditEvent.objects.filter(action=record_coverage.ALL_TAKEN_OVER).count() == 1


def test_a_record_that_no_event_tells_of_is_named(introduced, alice):
    a_story(alice)
    review = Review.objects.latest("pk")
    review.pk, review.decision = None, "yes"
    review.save(force_insert=True)
    assert verify_chain().problem == f"review {review.pk} has no audit event"


def test_a_second_event_does_not_cover_up_what_is_written_once(
    introduced, alice, by_sql
):
    """Who can write events could write one that fits: the first one counts."""
    a_story(alice)
    by_sql("UPDATE training_review SET decision = 'no'")
    for review in Review.objects.all():
        AuditEvent.objects.record(
            "case.approved", actor=alice, subject=review.case, records=[review]
        )
    chain_events()
    assert verify_chain().problem.startswith("review ")


def test_what_was_there_before_is_taken_over_and_said_to_be_so(alice, by_sql):
    case = an_approved_case(alice)
    by_sql("UPDATE training_auditevent SET records = '[]'")
    assert verify_chain().untold > 0
    while cover_records():
        pass
    chain_events()
    assert verify_chain().untold == 0
    taken = AuditEvent.objects.filter(action=record_coverage.TAKEN_OVER)
    assert {event.via for event in taken} == {"system"}
    by_sql(f"UPDATE training_sample SET output = 'x' WHERE case_id = {case.pk}")
    assert verify_chain().problem.startswith("sample ")


def test_taking_over_does_not_cover_up_what_an_event_tells(alice, by_sql):
    an_approved_case(alice)
    chain_events()
    by_sql("UPDATE training_review SET decision = 'no'")
    while cover_records():
        pass
    chain_events()
    assert verify_chain().problem.startswith("review ")


def test_decisions_of_auto_wait_for_the_worker_and_are_covered_once(introduced, alice):
    an_approved_case(alice)
    assert AutoDecision.objects.count() > 0
    assert verify_chain().untold == AutoDecision.objects.count()
    assert cover_records() == AutoDecision.objects.count()
    assert cover_records() == 0
    assert verify_chain().untold == 0


def test_a_head_that_was_cut_off_is_missed(introduced, alice, by_sql):
    a_story(alice)
    noted = verify_chain().head
    an_approved_case(alice)
    chain_events()
    call_command("verify_audit", head=noted)
    call_command("verify_audit", since_anchor=noted)
    by_sql("DELETE FROM training_auditlink")
    by_sql("UPDATE training_auditevent SET actor_label = 'bob'")
    chain_events()
    with pytest.raises(CommandError, match="is not in the chain"):
        call_command("verify_audit", head=noted)
    with pytest.raises(CommandError, match="anchor is not in the chain"):
        call_command("verify_audit", since_anchor=noted)


def test_since_an_anchor_only_what_came_after_is_compared(introduced, alice, by_sql):
    a_story(alice)
    noted = verify_chain().head
    case = an_approved_case(alice)
    chain_events()
    sample = Sample.objects.get(case=case)
    by_sql(f"UPDATE training_sample SET output = 'x' WHERE id < {sample.pk}")
    assert verify_chain(since=noted).ok
    by_sql(f"UPDATE training_sample SET output = 'x' WHERE id = {sample.pk}")
    assert verify_chain(since=noted).problem.startswith(f"sample {sample.pk} ")

"""What the sealer refuses: a chain made anew, and events whose dates do not fit."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from mlops.health import BLOCKER, run_checks
from preciso.clock import database_now
from tests.apis import an_approved_case, person
from training.dbrules import TRAINING_RULES, put_up, take_down
from training.errors import InvalidInput, NotAllowedNow
from training.models import AuditEvent, AuditLink
from training.services.audit import acceptance, chain, head_files
from training.services.audit.chain import chain_events, chain_stragglers
from training.services.audit.chain_check import verify_chain

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return person("Admin", "alice")


@pytest.fixture
def seal(django_capture_on_commit_callbacks):
    """A round of the sealer in a transaction that commits."""

    def round_of_the_worker():
        with django_capture_on_commit_callbacks(execute=True):
            return chain_events()

    return round_of_the_worker


@pytest.fixture(autouse=True)
def anew(monkeypatch):
    """What this process has said, it says again in the next test."""
    monkeypatch.setattr(chain, "_logged", set())
    monkeypatch.setattr(head_files, "_unreadable", set())


def by_sql(*statements):
    """As somebody with all rights on the database works, past the triggers."""
    take_down(TRAINING_RULES)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    put_up(TRAINING_RULES)


def red():
    check = next(check for check in run_checks() if check.key == "audit_chain")
    return not check.ok and check.severity == BLOCKER


def forged(at, **columns):
    event = AuditEvent(
        action="case.approved",
        actor_label="alice",
        subject_type="case",
        subject_id="1",
        subject_label="A-1",
        **columns,
    )
    event.save(force_insert=True)
    by_sql(f"UPDATE training_auditevent SET at = '{at}' WHERE id = {event.pk}")
    return AuditEvent.objects.get(pk=event.pk)


def test_the_head_is_kept_outside_and_is_in_the_chain(seal, alice, data_dir):
    an_approved_case(alice)
    assert seal() > 0
    kept = json.loads((data_dir / "audit" / "head.json").read_text())
    last = AuditLink.objects.latest("position")
    assert kept == {"position": last.position, "hash": last.hash}
    assert [path.name for path in (data_dir / "audit").iterdir()] == ["head.json"]
    assert not red()


def test_a_tail_made_anew_is_not_sealed_again(seal, alice, caplog):
    """The attack: past events rewritten, their links deleted, the worker left to it."""
    for _case in range(2):
        an_approved_case(alice)
        seal()
    by_sql(
        "UPDATE training_auditevent SET actor_label = 'bob'",
        "DELETE FROM training_auditlink WHERE position > 1",
    )
    assert [seal(), seal()] == [0, 0]
    assert AuditLink.objects.count() == 1
    assert "chained already" in caplog.text
    assert caplog.text.count("not sealed any more") == 1
    assert AuditEvent.objects.filter(action=chain.REFUSED).count() == 1
    assert red()


def test_a_chain_made_anew_by_other_means_is_not_lengthened(seal, alice):
    an_approved_case(alice)
    seal()
    last = AuditLink.objects.latest("position")
    by_sql(
        f"UPDATE training_auditlink SET hash = '{'0' * 64}' "
        f"WHERE position = {last.position}"
    )
    an_approved_case(alice)
    assert seal() == 0
    assert red()


def test_a_head_of_another_host_is_in_the_chain_as_well(
    seal, alice, settings, tmp_path
):
    an_approved_case(alice)
    seal()
    first = settings.DATA_DIR
    settings.DATA_DIR = tmp_path / "other"
    an_approved_case(alice)
    assert seal() > 0
    settings.DATA_DIR = first
    an_approved_case(alice)
    assert seal() > 0
    assert not red()


def test_a_head_that_cannot_be_read_is_logged_and_stops_nothing(
    seal, alice, data_dir, caplog
):
    an_approved_case(alice)
    seal()
    (data_dir / "audit" / "head.json").write_text("{")
    an_approved_case(alice)
    assert seal() > 0
    assert "unreadable" in caplog.text


def test_after_a_restore_a_person_lets_it_go_on_with_a_reason(seal, alice, capsys):
    an_approved_case(alice)
    seal()
    with pytest.raises(NotAllowedNow):
        acceptance.accept_head(by=alice, reason="Restored.")
    by_sql("DELETE FROM training_auditlink")
    assert seal() == 0
    with pytest.raises(InvalidInput):
        acceptance.accept_head(by=alice, reason=" ")
    call_command("accept_audit", reason="Restored from the backup of May 1.")
    assert seal() > 0
    assert not red()
    accepted = AuditEvent.objects.get(action=chain.ACCEPTED)
    assert accepted.detail["reason"] == "Restored from the backup of May 1."
    assert accepted.detail["kept"]["position"] > 0
    assert verify_chain().ok


@pytest.mark.parametrize("at", ["2020-01-01 00:00:00", "2099-01-01 00:00:00"])
def test_a_forged_event_of_another_time_is_not_chained(seal, alice, caplog, at):
    an_approved_case(alice)
    seal()
    event = forged(at)
    an_approved_case(alice)
    assert seal() > 0
    assert not AuditLink.objects.filter(event=event).exists()
    assert f"Audit event {event.pk} is dated {at[:4]}" in caplog.text
    assert verify_chain().problem.startswith(f"audit event {event.pk} is dated")
    with pytest.raises(CommandError, match="refuses it"):
        call_command("verify_audit")
    assert red()


def test_many_forged_events_keep_no_other_from_being_chained(seal, alice):
    an_approved_case(alice)
    seal()
    for _forged in range(3):
        forged("2020-01-01 00:00:00")
    an_approved_case(alice)
    waiting = AuditEvent.objects.unchained().count()
    assert sum(chain_events(limit=2) for _round in range(9)) == waiting - 3


def test_an_event_of_a_long_transaction_is_chained(seal, alice):
    """It was written twenty minutes before others that are chained, and commits now."""
    an_approved_case(alice)
    seal()
    late = forged(f"{database_now() - timedelta(minutes=20):%Y-%m-%d %H:%M:%S}")
    assert seal() == 1
    assert late.link.position == AuditLink.objects.count()
    assert not red()


def test_an_event_that_a_person_explains_is_chained(seal, alice):
    an_approved_case(alice)
    seal()
    event = forged("2020-01-01 00:00:00")
    seal()
    call_command("accept_audit", event=[event.pk], reason="Moved from the old system.")
    seal()
    assert AuditLink.objects.filter(event=event).exists()
    assert verify_chain().ok
    with pytest.raises(CommandError):
        call_command("accept_audit", event=[event.pk], reason="Again.")


def test_stragglers_are_held_to_the_same(seal, alice):
    an_approved_case(alice)
    seal()
    forged("2020-01-01 00:00:00")
    assert chain_stragglers() == 0
    assert head_files.contradiction(head_files.stored_heads()) is None

"""The audit chain: it reaches every event, and names the first row that was touched."""

import pytest
from django.db import connection
from django.http import QueryDict

from mlops.pages.shared import audit_trail, system_status
from tests.apis import an_approved_case, person
from training.dbrules import TRAINING_RULES, put_up, take_down
from training.models import AuditEvent, AuditLink
from training.services.audit import chain
from training.services.audit.chain import (
    GENESIS,
    chain_events,
    chain_stragglers,
    link_hash,
)
from training.services.audit.chain_check import verify_chain

pytestmark = pytest.mark.django_db


@pytest.fixture
def chained():
    alice = person("Admin", "alice")
    for _ in range(3):
        an_approved_case(alice)
    assert chain_events() == AuditEvent.objects.count()


@pytest.fixture
def without_rules():
    """As somebody with all rights on the database would work."""
    take_down(TRAINING_RULES)
    yield
    put_up(TRAINING_RULES)


def sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_an_untouched_chain_is_well(chained):
    report = verify_chain()
    assert report.ok
    assert (report.length, report.pending) == (AuditEvent.objects.count(), 0)
    assert report.head == AuditLink.objects.latest("position").hash


def test_events_not_yet_chained_are_counted(chained):
    an_approved_case(person("Admin"))
    assert verify_chain().pending > 0
    assert chain_events(limit=1) == 1
    chain_events()
    assert verify_chain().pending == 0
    assert chain_events() == 0


def test_an_event_that_committed_very_late_is_linked_all_the_same(chained, monkeypatch):
    early = AuditEvent.objects.earliest("pk")
    with connection.cursor() as cursor:
        take_down(TRAINING_RULES)
        cursor.execute("DELETE FROM training_auditlink")
        put_up(TRAINING_RULES)
    newest = AuditEvent.objects.latest("pk")
    AuditLink.objects.create(position=1, event=newest, hash=link_hash(GENESIS, newest))

    monkeypatch.setattr(chain, "WINDOW", 0)
    assert chain_events() == 0
    assert chain_stragglers() == AuditEvent.objects.count() - 1
    assert AuditLink.objects.get(event=early).position == 2
    assert verify_chain().ok


def test_pages_count_what_waits_without_reading_the_whole_trail(chained, monkeypatch):
    monkeypatch.setattr(chain, "WINDOW", 2)
    straggler = AuditLink.objects.select_related("event").get(position=1).event
    with connection.cursor() as cursor:
        take_down(TRAINING_RULES)
        cursor.execute("DELETE FROM training_auditlink WHERE position = 1")
        put_up(TRAINING_RULES)
    an_approved_case(person("Admin"))

    listed = list(audit_trail.narrowed(QueryDict("chain=no")).qs)

    assert straggler in AuditEvent.objects.unchained()
    assert straggler not in listed
    assert system_status.chain().pending == len(listed) > 0


def test_a_changed_event_is_named(chained, without_rules):
    event = AuditEvent.objects.order_by("pk")[3]
    AuditEvent.objects.filter(pk=event.pk).update(actor_label="mallory")
    assert f"audit event {event.pk} " in verify_chain().problem


def test_a_deleted_link_is_named(chained, without_rules):
    sql("DELETE FROM training_auditlink WHERE position = 2")
    assert verify_chain().problem == "link 2 is missing"


def test_a_changed_link_is_named(chained, without_rules):
    AuditLink.objects.filter(position=5).update(hash="0" * 64)
    assert "(link 5)" in verify_chain().problem


def test_two_sealers_make_one_chain(chained):
    """The second finds its positions taken and leaves the work to the first."""
    an_approved_case(person("Admin"))
    events = list(AuditEvent.objects.unchained())
    AuditLink.objects.create(
        position=AuditLink.objects.count() + 1, event=events[0], hash="f" * 64
    )
    assert not verify_chain().ok  # this link was forged; the point is what follows
    assert chain_events() == len(events) - 1

"""Times come from the database, in a form in which its texts compare as moments do."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from preciso.clock import database_now
from tests.apis import person
from training.models import AuditEvent

pytestmark = pytest.mark.django_db
SOON = timedelta(seconds=30)


def event(by):
    return AuditEvent.objects.record("case.posted", actor=by, subject=by)


def test_an_event_is_stamped_by_the_database_and_known_at_once():
    before = database_now()
    made = event(person("Admin"))
    assert isinstance(made.at, datetime)
    assert before <= made.at <= database_now()
    assert AuditEvent.objects.get(pk=made.pk).at == made.at


def test_many_written_at_once_know_their_time_too():
    ada = person("Admin")
    rows = [
        AuditEvent(action="case.posted", actor=ada, actor_label="ada", subject_id="1")
        for _ in range(3)
    ]
    for row in AuditEvent.objects.bulk_create(rows):
        assert abs(row.at - database_now()) < SOON


def test_another_clock_of_the_process_stamps_nothing(monkeypatch):
    ada = person("Admin")
    ahead = timezone.now() + timedelta(hours=2)
    monkeypatch.setattr(timezone, "now", lambda: ahead)
    assert event(ada).at < ahead - timedelta(hours=1)


def test_what_was_stamped_is_found_by_its_own_time():
    """Texts in SQLite: the same moment must be the same text."""
    found = AuditEvent.objects.filter(pk=event(person("Admin")).pk)
    at = found.get().at
    assert found.filter(at=at).exists()
    assert not found.filter(at__lt=at).exists()
    assert not found.filter(at__gt=at).exists()


@pytest.mark.parametrize("microsecond", [0, 1000, 123456])
def test_a_set_clock_stamps_to_the_microsecond(clock, microsecond):
    moment = datetime(2025, 3, 1, 12, 0, 0, microsecond, tzinfo=UTC)
    clock.set(moment)
    made = event(person("Admin"))
    assert made.at == moment
    assert AuditEvent.objects.get(at=moment) == made

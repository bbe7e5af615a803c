"""The access log through the days: closed with a hash, deleted when its time is over.

A day that is over is told to the audit trail with the number of its entries and a hash
over them, by kind: who changes an entry afterwards, by whatever way, is found out by
``verify_access_log`` until the entry's time is over. Deleting before that is refused.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Min, QuerySet

from preciso.clock import database_now
from training.canonical import canonical_json
from training.choices import AccessKind
from training.models import AccessDay, AccessEntry, AuditEvent

CLOSED = "access.day_closed"
AFTER = timedelta(hours=2)  # a day is closed so long after it; nothing is late then
AT_ONCE = 5000
HASHED = (
    "id", "kind", "hour", "until", "slot", "key", "person_id", "name", "token",
    "address", "route", "subject_type", "subject_id", "subject_label", "cases",
    "request_id", "count", "first_at", "last_at", "keep_until",
)  # fmt: skip


@dataclass(frozen=True)
class AccessReport:
    """How many closed days hold; ``problem`` names the first that does not."""

    days: int
    problem: str = ""


def tend_access_log() -> None:
    """What the worker does about it now and then; harmless if several do."""
    close_days()
    purge()


def close_days() -> int:
    """Close every day that is over; returns how many."""
    closed = 0
    for day in _days_to_close():
        closed += _close(day)
    return closed


def _days_to_close() -> Iterator[date]:
    newest = AccessDay.objects.order_by("-day").first()
    if newest is not None:
        day = newest.day + timedelta(days=1)
    else:
        first = AccessEntry.objects.aggregate(first=Min("hour"))["first"]
        if first is None:
            return
        day = first.astimezone(UTC).date()
    now = database_now()
    while now >= _midnight(day + timedelta(days=1)) + AFTER:
        yield day
        day += timedelta(days=1)


def _close(day: date) -> bool:
    kinds = _kinds(day)  # of a whole day: nobody waits for it
    try:
        with transaction.atomic():
            row = AccessDay.objects.create(day=day, kinds=kinds)
            AuditEvent.objects.record(CLOSED, actor=None, subject=row, kinds=row.kinds)
    except IntegrityError:  # another worker did
        return False
    return True


def _kinds(day: date) -> dict[str, dict[str, Any]]:
    counted = {kind.value: _digest(day, kind) for kind in AccessKind}
    return {kind: digest for kind, digest in counted.items() if digest["entries"]}


def _digest(day: date, kind: AccessKind) -> dict[str, Any]:
    digest, entries = hashlib.sha256(), 0
    rows = _entries(day, kind)
    for row in rows.order_by("pk").values(*HASHED).iterator(chunk_size=1000):
        digest.update(f"{canonical_json(_as_json_values(row))}\n".encode())
        entries += 1
    first_due = rows.aggregate(first=Min("keep_until"))["first"]
    return {
        "entries": entries,
        "sha256": digest.hexdigest(),
        "keep_until": first_due.isoformat() if first_due else None,
    }


def as_json(row: AccessEntry) -> dict[str, Any]:
    """What the hash of its day is over, in the order of ``pk``."""
    return _as_json_values({name: getattr(row, name) for name in HASHED})


def _as_json_values(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in row.items()
    }


def _entries(day: date, kind: AccessKind) -> QuerySet[AccessEntry]:
    begin = _midnight(day)
    until = begin + timedelta(days=1)
    return AccessEntry.objects.filter(kind=kind, hour__gte=begin, hour__lt=until)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def purge() -> int:
    """Delete what is past its time, some thousands at once; returns how many."""
    deleted = 0
    while True:
        due = AccessEntry.objects.past_their_time()
        due_ids = list(due.values_list("pk", flat=True)[:AT_ONCE])
        if not due_ids:
            return deleted
        batch = AccessEntry.objects.past_their_time().filter(
            pk__gte=min(due_ids), pk__lte=max(due_ids)
        )
        deleted += batch._raw_delete(batch.db)


def verify_access_log() -> AccessReport:
    """Compute the hashes of the closed days anew, as far as entries are still kept."""
    checked = 0
    for row in AccessDay.objects.order_by("day").iterator():
        problem = _problem(row)
        if problem:
            return AccessReport(checked, f"{row.day}: {problem}")
        checked += 1
    return AccessReport(checked)


def _problem(row: AccessDay) -> str:
    event = AuditEvent.objects.about(row).filter(action=CLOSED).first()
    if event is None:
        return "the audit trail does not know that it was closed"
    kinds, today = event.detail["kinds"], database_now().date()
    if kinds != row.kinds:
        return "it is not as the audit trail tells it"
    for kind in AccessKind:
        recorded = kinds.get(kind.value)
        if recorded and date.fromisoformat(recorded["keep_until"]) < today:
            continue
        digest = _digest(row.day, kind)
        if digest["sha256"] != (recorded or {}).get("sha256", digest["sha256"]):
            return f"entries of the kind {kind.value} were changed or removed"
        if recorded is None and digest["entries"]:
            return f"entries of the kind {kind.value} were added"
    return ""

"""Records beside the events that tell of them: which differ, which are still due.

Reads only; writes nothing.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from preciso.clock import database_now
from training.models import AuditEvent
from training.records import NO_ROW_SHA256, form_of, protected_models
from training.services.audit.chain import ACCEPTED
from training.services.audit.record_coverage import (
    ALL_TAKEN_OVER,
    COVERED,
    INTRODUCED,
    LATE,
    TAKEN_OVER,
)
from training.services.audit.record_register import (
    RecordKey,
    Register,
    compare,
    current,
)
from training.services.people.rights_events import BEFORE_SHA256

LOOKS = 3
OF_RIGHTS = ("person.", "role.")
Newer = Callable[[], QuerySet[AuditEvent]]


@dataclass
class EventRecords:
    """What the events say of records, read in the order of the chain."""

    register: Register = field(default_factory=Register)
    through: dict[str, int] | None = None
    all_taken_over: bool = False
    breaks: dict[RecordKey, str] = field(default_factory=dict)

    def note(
        self,
        event: int,
        action: str,
        detail: str,
        records: Iterable[tuple[str, str, str]],
    ) -> None:
        """``records`` as (id, type, hash)."""
        if action == INTRODUCED:  # what was said first of a table counts
            new = json.loads(detail)["through"]
            self.through = {**new, **(self.through or {})}
            self.all_taken_over = False
        elif action == ALL_TAKEN_OVER:
            self.all_taken_over = True
        weak = action in (TAKEN_OVER, COVERED)
        was = (
            json.loads(detail).get(BEFORE_SHA256)
            if action.startswith(OF_RIGHTS)
            else None
        )
        for pk, kind, sha256 in records:
            if was:
                self._continue(kind, int(pk), was, event)
            elif action == ACCEPTED:
                self.breaks.pop((kind, int(pk)), None)
            self.register.note(kind, int(pk), sha256, event, weak=weak)

    def _continue(self, kind: str, pk: int, was: str, event: int) -> None:
        """A change of rights began where the last one ended, if nobody came between."""
        entry = self.register.says(kind, pk)
        if entry is not None and entry[1] < event and entry[0] != was:
            self.breaks[kind, pk] = (
                f"{kind} {pk} was changed before audit event {event}: it was not what "
                f"audit event {entry[1]} says"
            )

    def read(self, events: Iterable[AuditEvent]) -> None:
        for event in events:
            records = [(r["id"], r["type"], r["sha256"]) for r in event.records]
            self.note(event.pk, event.action, json.dumps(event.detail), records)


@dataclass(frozen=True)
class RecordReport:
    problem: str = ""
    rows: int = 0
    untold: int = 0


def check_records(
    ledger: EventRecords,
    *,
    newer: Newer,
    only_recorded: bool,
    progress: Callable[[int], None],
) -> RecordReport:
    """The first record that is not what its event says, in words; and how many rows.

    What seems wrong is looked at again: people go on working while this runs.
    """
    ledger.read(newer().iterator())
    comparison = compare(
        ledger.register, only_recorded=only_recorded, progress=progress
    )
    suspects = comparison.suspects
    for _look in range(LOOKS):
        suspects = _still_wrong(ledger, suspects, newer)
        if not suspects:
            break
    due = [each for each in suspects if _is_due(ledger, each)]
    wrong = sorted(set(suspects) - set(due), key=lambda each: _order(ledger, each))
    problems = [
        *ledger.breaks.values(),
        *([_sentence(ledger, wrong[0])] if wrong else []),
    ]
    problem, more = "".join(problems[:1]), len(ledger.breaks) + len(wrong) - 1
    if more > 0:
        problem = f"{problem}, and {more} more differ"
    return RecordReport(problem, comparison.rows, len(due))


def _still_wrong(
    ledger: EventRecords, suspects: list[RecordKey], newer: Newer
) -> list[RecordKey]:
    """Rows first, then events: what was written in between is in both."""
    if not suspects:
        return []
    now = _current_hashes(suspects)
    ledger.read(newer().iterator())
    return [key for key in suspects if _recorded_sha256(ledger, key) != now.get(key)]


def _current_hashes(keys: list[RecordKey]) -> dict[RecordKey, str]:
    """The hashes of those that are there."""
    ids: dict[str, list[int]] = {}
    for kind, pk in keys:
        ids.setdefault(kind, []).append(pk)
    models = protected_models()
    return {
        (kind, pk): sha256
        for kind, of_kind in ids.items()
        if kind in models
        for pk, sha256 in current(models[kind], of_kind)
    }


def _recorded_sha256(ledger: EventRecords, key: RecordKey) -> str | None:
    entry = ledger.register.says(*key)
    return entry[0] if entry and entry[0] != NO_ROW_SHA256 else None


def _is_due(ledger: EventRecords, key: RecordKey) -> bool:
    """No event tells of it yet, and the worker's next ones will."""
    kind, pk = key
    if ledger.register.says(kind, pk) is not None:
        return False
    if ledger.through is None or kind not in ledger.through:
        return True
    if not ledger.all_taken_over and pk <= ledger.through.get(kind, 0):
        return True
    model = protected_models()[kind]
    if not form_of(model).covered:
        return False
    at: datetime = model._base_manager.values_list("at", flat=True).get(pk=pk)
    return at >= database_now() - LATE or pk > ledger.register.highest.get(kind, 0)


def _order(ledger: EventRecords, key: RecordKey) -> tuple[Any, ...]:
    entry = ledger.register.says(*key)
    return (0, entry[1], *key) if entry else (1, 0, *key)


def _sentence(ledger: EventRecords, key: RecordKey) -> str:
    kind, pk = key
    entry = ledger.register.says(kind, pk)
    if entry is None:
        return f"{kind} {pk} has no audit event"
    if not _current_hashes([key]):
        return f"{kind} {pk} is gone; audit event {entry[1]} tells of it"
    return f"{kind} {pk} was changed: it is not what audit event {entry[1]} says"

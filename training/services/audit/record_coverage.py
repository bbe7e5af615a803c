"""Rows that no service's event tells of: what is too frequent, and what was before.

Recorded answers and Auto's decisions are too many for an event each: the worker writes
one for many. Rows from before events carried hashes are taken over as they are then,
and said to be so: nothing proves what they were earlier.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Max

from preciso.clock import database_now
from training.models import AuditEvent
from training.records import covered_models, protected_models
from training.services.audit.chain import chain_head

INTRODUCED = "audit.records_introduced"
TAKEN_OVER = "audit.taken_over"
ALL_TAKEN_OVER = "audit.all_taken_over"
COVERED = "audit.covered"
BOOKKEEPING = (INTRODUCED, TAKEN_OVER, ALL_TAKEN_OVER, COVERED)
BATCH = 500
WAIT_AT_MOST = timedelta(seconds=30)  # then few are covered as well as many
SETTLE = timedelta(seconds=2)  # ids are taken before they are committed
LATE = timedelta(hours=1)  # later than any honest transaction commits
WINDOW = 10_000
LOCK = 0x5EA1_ED00

logger = logging.getLogger(__name__)


def introduce_records() -> None:
    """Write down, once, which rows are older than the hashes in events.

    The worker does it too; in a fresh installation that is later than the first rows,
    which would then be taken over as if nobody had told of them.
    """
    with _exclusively() as mine:
        if mine:
            _introduced()


def cover_records() -> int:
    """One round of the worker: returns how many rows events tell of now.

    A round that finds nothing to tell takes no lock: on SQLite that is everybody's.
    """
    before = _older_rows()
    if before.due or _missing(before):
        with _exclusively() as mine:
            if not mine:
                return 0
            before = _introduced()
            if (count := _take_over(before)) is not None:
                return count
    return sum(_cover(model, before.through) for model in covered_models())


@contextmanager
def _exclusively() -> Iterator[bool]:
    """A transaction in which no other worker does the same. SQLite has one writer."""
    with transaction.atomic():
        if connection.vendor != "postgresql":
            yield True
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            mine = bool(cursor.fetchone()[0])
        yield mine


@dataclass(frozen=True)
class OlderRows:
    """Up to which id the rows of each table are older than its hashes.

    ``due``: those of which nobody has told yet. ``marker``: the event that said so.
    """

    through: dict[str, int] = field(default_factory=dict)
    due: dict[str, int] = field(default_factory=dict)
    marker: int = 0


def _older_rows() -> OlderRows:
    """As the trail has it; of a table the first word counts."""
    about = AuditEvent.objects.filter(action__in=(INTRODUCED, ALL_TAKEN_OVER))
    through: dict[str, int] = {}
    due: dict[str, int] = {}
    marker = 0
    for event in about.order_by("pk"):
        if event.action == ALL_TAKEN_OVER:
            due = {}
            continue
        tables = event.detail["through"].items()
        new = {kind: last for kind, last in tables if kind not in through}
        through, due, marker = {**through, **new}, {**due, **new}, event.pk
    return OlderRows(
        through, {kind: last for kind, last in due.items() if last}, marker
    )


def _missing(before: OlderRows) -> dict[str, type[models.Model]]:
    """Tables of which nobody has said yet what is older: all of them at first, later
    those that a new version protects."""
    known = protected_models().items()
    return {kind: model for kind, model in known if kind not in before.through}


def _introduced() -> OlderRows:
    before = _older_rows()
    if missing := _missing(before):
        through = {
            kind: model._base_manager.aggregate(last=Max("pk"))["last"] or 0
            for kind, model in missing.items()
        }
        AuditEvent.objects.record(
            INTRODUCED, actor=None, subject=chain_head(), through=through
        )
        return _older_rows()
    return before


def _take_over(before: OlderRows) -> int | None:
    """The next rows of before; None once all of them are."""
    if not before.due:
        return None
    events = AuditEvent.objects.filter(action=TAKEN_OVER, pk__gt=before.marker)
    last = events.order_by("-pk").first()
    after = (last.subject_type, int(last.subject_id)) if last else ("", 0)
    for kind, model in sorted(protected_models().items()):
        if kind < after[0]:
            continue
        start = after[1] if kind == after[0] else 0
        older = model._base_manager.filter(pk__lte=before.due.get(kind, 0))
        rows = list(older.filter(pk__gt=start).order_by("pk")[:BATCH])
        if rows:
            _record(TAKEN_OVER, rows)
            return len(rows)
    AuditEvent.objects.record(ALL_TAKEN_OVER, actor=None, subject=chain_head())
    return 0


def _record(
    action: str, rows: list[models.Model], *, subject: models.Model | None = None
) -> None:
    """One event for all of these; its subject says how far they reach."""
    AuditEvent.objects.record(
        action,
        actor=None,
        subject=subject or rows[-1],
        records=rows,
        first=rows[0].pk,
        count=len(rows),
    )


def _cover(model: type[models.Model], through: dict[str, int]) -> int:
    if not _due(model, through):
        return 0
    with _exclusively() as mine:
        rows = _due(model, through) if mine else []
        if rows:
            _record(COVERED, rows)
        return len(rows)


def _due(model: type[models.Model], through: dict[str, int]) -> list[models.Model]:
    """The next rows to tell of: many of them, or few that have waited long enough."""
    now = database_now()
    waiting = model._base_manager.filter(pk__gt=_reach(model, through))
    rows = list(waiting.filter(at__lte=now - SETTLE).order_by("pk")[:BATCH])
    few = len(rows) < BATCH
    return [] if not rows or (few and _at(rows[0]) > now - WAIT_AT_MOST) else rows


def _at(row: Any) -> datetime:
    at: datetime = row.at
    return at


def _reach(model: type[models.Model], through: dict[str, int]) -> int:
    """The last row of the table that an event tells of."""
    kind = str(model._meta.model_name)
    events = AuditEvent.objects.filter(action=COVERED, subject_type=kind)
    last = events.order_by("-pk").values_list("subject_id", flat=True).first()
    return int(last) if last else through.get(kind, 0)


def cover_stragglers() -> int:
    """Tell of rows that committed so late that ``cover_records`` had passed them.

    One that says it is older than any honest transaction lasts stays untold: the check
    names it.
    """
    through = _older_rows().through
    if not through:  # then nothing has been passed
        return 0
    return sum(_cover_late(model, through) for model in covered_models())


def _cover_late(model: type[models.Model], through: dict[str, int]) -> int:
    untold = _uncovered(model, through)
    late = _late(untold)
    if lost := len(untold) - len(late):
        logger.error("%d rows of %s have no audit event", lost, model._meta.model_name)
    if not late:
        return 0
    with _exclusively() as mine:
        rows = _late(_uncovered(model, through))[:BATCH] if mine else []
        if rows:
            reach = model._base_manager.get(pk=_reach(model, through))
            _record(COVERED, rows, subject=reach)
        return len(rows)


def _late(untold: list[models.Model]) -> list[models.Model]:
    """Those that may be told of still."""
    since = database_now() - LATE
    return [row for row in untold if _at(row) >= since]


def _uncovered(
    model: type[models.Model], through: dict[str, int]
) -> list[models.Model]:
    """Recent rows that were passed, of which no event tells."""
    kind, reach = str(model._meta.model_name), _reach(model, through)
    now = database_now()
    events = AuditEvent.objects.filter(action=COVERED, subject_type=kind)
    told_ids = {
        record["id"]
        for event in events.filter(at__gte=now - 3 * LATE).iterator()
        for record in event.records
    }
    passed = model._base_manager.filter(
        pk__gt=max(reach - WINDOW, through.get(kind, 0)), pk__lte=reach
    )
    recent = passed.filter(at__gte=now - 2 * LATE).order_by("pk").iterator()
    return [row for row in recent if row.pk not in told_ids]

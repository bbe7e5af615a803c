"""Checking the audit trail: every link anew, and every record beside its event.

Reads only; writes nothing.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from training.models import AuditEvent, AuditLink
from training.services.audit import record_check
from training.services.audit.chain import GENESIS, link_hash, out_of_time

CHUNK = 5000
SAID_EVERY = 50_000
COLUMNS = (
    "id", "at", "action", "actor_id", "actor_label", "subject_type", "subject_id",
    "subject_label", "detail", "request_id", "via", "token", "records",
)  # fmt: skip
EVENT_COLUMNS = ", ".join(f"e.{name}" for name in COLUMNS)
LINKS = (
    f"SELECT l.position, l.hash, l.event_id, {EVENT_COLUMNS} "  # noqa: S608 - our own
    "FROM training_auditlink l LEFT JOIN training_auditevent e ON e.id = l.event_id "
    "WHERE l.position > %s ORDER BY l.position LIMIT %s"
)
Progress = Callable[[str, int], None]
quoted = lru_cache(4096)(encode_basestring)
parsed = json.JSONDecoder().raw_decode
canonical = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode


def quiet(what: str, done: int) -> None:
    """Nobody looks on."""


@dataclass(frozen=True)
class ChainReport:
    """How far the chain reaches; ``problem`` names the first bad row, if any.

    ``untold``: protected rows that the worker has still to cover. ``head_found``:
    whether the chain passes through the head asked for.
    """

    length: int
    head: str
    pending: int
    problem: str = ""
    records: int = 0
    untold: int = 0
    head_found: bool = True

    @property
    def ok(self) -> bool:
        return not self.problem


@dataclass
class ChainWalk:
    """Where the check stands, and what it has learnt of records on the way."""

    position: int = 0
    head: str = GENESIS
    problem: str = ""
    ledger: record_check.EventRecords | None = None


def verify_chain(
    *,
    head: str = "",
    since: str = "",
    records: bool = True,
    progress: Progress = quiet,
) -> ChainReport:
    """Recompute every link from the first on, and compare the records. Writes nothing.

    ``since`` is the head of an anchor: what came before it is believed, and only
    records of which later events tell are compared. ``head`` must be in the chain.
    """
    walk = ChainWalk(ledger=record_check.EventRecords() if records else None)
    if since:
        start = AuditLink.objects.filter(hash=since).first()
        if start is None:
            return ChainReport(0, GENESIS, 0, "the anchor is not in the chain")
        walk.position, walk.head = start.position, start.hash
    before = walk.position
    _walk_chain(walk, progress)
    passed = AuditLink.objects.filter(position__lte=walk.position)
    walk.problem = walk.problem or _refused()
    compared = record_check.RecordReport(walk.problem)
    if walk.ledger is not None and not walk.problem:
        compared = record_check.check_records(
            walk.ledger,
            newer=lambda: _newer(walk.position),
            only_recorded=bool(since),
            progress=lambda done: progress("records", done),
        )
    return ChainReport(
        length=walk.position - before,
        head=walk.head,
        pending=AuditEvent.objects.unchained().count(),
        problem=compared.problem,
        records=compared.rows,
        untold=compared.untold,
        head_found=not head or passed.filter(hash=head).exists(),
    )


def _refused() -> str:
    strange = out_of_time(AuditEvent.objects.unchained()).first()
    if strange is None:
        return ""
    return (
        f"audit event {strange.pk} is dated {strange.at.isoformat()}, which does not "
        "fit where it stands; the sealer refuses it"
    )


def _newer(position: int) -> QuerySet[AuditEvent]:
    """Events that the walk has not passed: they may tell of records as well."""
    ahead = Q(link=None) | Q(link__position__gt=position)
    return AuditEvent.objects.filter(ahead).order_by("pk")


def _walk_chain(walk: ChainWalk, progress: Progress) -> None:
    next_report = SAID_EVERY
    while not walk.problem:
        chunk = _links(walk.position)
        _verify_chunk(walk, chunk)
        if walk.position >= next_report:
            progress("events", walk.position)
            next_report = walk.position + SAID_EVERY
        if len(chunk) < CHUNK:
            return


def _links(position: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(LINKS, [position, CHUNK])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _verify_chunk(walk: ChainWalk, chunk: list[tuple[Any, ...]]) -> None:
    head = walk.head
    for place, stored, event_id, *event in chunk:
        if place != walk.position + 1:
            walk.problem = f"link {walk.position + 1} is missing"
            return
        if event[0] is None:
            walk.problem = f"audit event {event_id} (link {place}) is missing"
            return
        try:
            text, records = content_text(event)
            content = sha256(text.encode()).hexdigest()
            fits = sha256(f"{head}{content}".encode()).hexdigest() == stored
        except (ValueError, IndexError):
            fits = False
        if not fits:  # written in another form, if it was not changed
            slow = AuditEvent.objects.get(pk=event_id)
            if link_hash(head, slow) != stored:
                walk.problem = f"audit event {event_id} (link {place}) was changed"
                return
            records = [(r["id"], r["type"], r["sha256"]) for r in slow.records]
        walk.position, walk.head = place, stored
        head = stored
        if walk.ledger is not None and (records or event[2].startswith("audit.")):
            walk.ledger.note(event_id, event[2], event[8], records)


def content_text(event: list[Any]) -> tuple[str, list[tuple[Any, str, str]]]:
    """``audit.event_content`` as canonical JSON, written from the columns at once.

    And the records as (id, type, hash). This is where a check of a million events
    spends its time: no instances, no dictionaries. The records are taken for what we
    write; where they are not, the hash does not fit, and the event is read slowly.
    """
    (pk, at, action, actor, label, kind, subject, subject_label, detail, request, via,
     token, records_json) = event  # fmt: skip
    moment = (
        f"{datetime.fromisoformat(at).isoformat()}+00:00"
        if isinstance(at, str)
        else at.astimezone(UTC).isoformat()
    )
    text = canonical(parsed(detail)[0])
    records: list[tuple[Any, str, str]] = []
    records_text = ""
    if records_json == "[]":
        text = f'"detail":{text}'
    else:
        text = f'"detail_sha256":"{sha256(text.encode()).hexdigest()}"'
        records, records_text = _records(records_json)
    text = (
        f'{{"action":{quoted(action)},"actor":{"null" if actor is None else actor},'
        f'"actor_label":{quoted(label)},"at":"{moment}",{text},"id":{pk},{records_text}'
        + (f'"request":{encode_basestring(request)},' if request else "")
        + f'"subject":[{quoted(kind)},{encode_basestring(subject)},'
        f"{encode_basestring(subject_label)}]"
        + (f',"token":{quoted(token)}' if token else "")
        + (f',"via":{quoted(via)}' if via else "")
        + "}"
    )
    return text, records


def _records(records_json: str) -> tuple[list[tuple[Any, str, str]], str]:
    """[{"id": 1, "type": "case", "sha256": "..."}, ...] taken apart at its quotes."""
    parts = records_json.split('"')
    ids = [part[2:-2] for part in parts[2::10]]
    records = list(zip(ids, parts[5::10], parts[9::10], strict=True))
    texts = [
        f'{{"id":{number},"sha256":"{sha}","type":"{kind}"}}'
        for number, kind, sha in records
    ]
    return records, f'"records":[{",".join(texts)}],'

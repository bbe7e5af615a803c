"""The hash chain over committed audit events: lengthen it.

Each link's hash covers the hash before it and the event's content, as in a Merkle
chain (Haber and Stornetta, "How to time-stamp a digital document", 1991). Writers
never wait for it: the sealer meets their events after they committed.
"""

import logging
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from preciso.clock import database_now
from preciso.request_cache import read_once
from training.canonical import sha256_json, sha256_text
from training.models import AuditEvent, AuditLink
from training.services.audit import head_files as audit_head

WINDOW = 10_000  # events; a transaction is open for a moment, not for so many others
GENESIS = sha256_text("preciso audit chain")
# A straggler waits ten minutes, and its transaction may have taken as long again.
LATE_BY = timedelta(minutes=30)
AHEAD = timedelta(minutes=5)
LOGGED = 100  # of what is refused, in one round
REFUSED, ACCEPTED = "audit.refused", "audit.accepted"
logger = logging.getLogger(__name__)
_logged: set[str] = set()  # by this process


def event_content(event: AuditEvent) -> dict[str, Any]:
    """What of an event its link's hash is over.

    The request, the way it came in, the token and the records are part of it where
    there are any; events from before these were kept have none, and their links still
    hold. Beside records stands a hash of the detail: so a reader can be shown what an
    event proves without what it tells.
    """
    content: dict[str, Any] = {
        "id": event.pk,
        "at": event.at.isoformat(),
        "action": event.action,
        "actor": event.actor_id,
        "actor_label": event.actor_label,
        "subject": [event.subject_type, event.subject_id, event.subject_label],
    }
    if event.records:
        content["records"] = event.records
        content["detail_sha256"] = sha256_json(event.detail)
    else:
        content["detail"] = event.detail
    if event.request_id:
        content["request"] = event.request_id
    if event.via:
        content["via"] = event.via
    if event.token:
        content["token"] = event.token
    return content


def exported_event(event: AuditEvent) -> dict[str, Any]:
    """An event as exports tell it: the content, and the detail where only its hash is
    part of that."""
    return {**event_content(event), "detail": event.detail}


def link_hash(before: str, event: AuditEvent) -> str:
    """The hash of the link that stands after the hash ``before``."""
    return sha256_text(before + sha256_json(event_content(event)))


@read_once
def chain_head(using: str = DEFAULT_DB_ALIAS) -> AuditLink:
    """The last link; one of position 0 where there is none."""
    last = AuditLink.objects.using(using).order_by("-position").first()
    return last or AuditLink(position=0, hash=GENESIS)


def waiting_for_chain() -> QuerySet[AuditEvent]:
    """Recent events that are not in the chain yet, oldest first.

    Looks back ``WINDOW`` events from the newest chained one, so that it costs the same
    however long the trail is. What committed later still waits for
    ``chain_stragglers``.
    """
    since = _newest_chained() - WINDOW
    # Said of the links too: PostgreSQL would read all of them.
    links = AuditLink.objects.filter(event=OuterRef("pk"), event__gt=since)
    return AuditEvent.objects.filter(~Exists(links), pk__gt=since).order_by("pk")


@read_once
def _newest_chained() -> int:
    newest: int | None = AuditLink.objects.aggregate(newest=Max("event_id"))["newest"]
    return newest or 0


def chain_events(limit: int = 1000) -> int:
    """Link up to ``limit`` recent events that are not in the chain; returns how many.

    Of two sealers at once one does the work and the other gets 0: positions are unique.
    Nothing is linked where the chain contradicts a head that was kept.
    """
    return _link(waiting_for_chain(), limit)


def chain_stragglers(limit: int = 1000) -> int:
    """Link what committed so late that ``chain_events`` no longer looks there."""
    return _link(AuditEvent.objects.unchained(), limit)


def _link(waiting: QuerySet[AuditEvent], limit: int) -> int:
    heads = audit_head.stored_heads()  # before the database: another may be ahead
    wrong = audit_head.contradiction(heads)
    if wrong is not None:
        _refuse(wrong)
        return 0
    last = chain_head()
    events = _in_time(waiting, last, limit)
    position, head = last.position, last.hash
    links = []
    for event in events:
        position += 1
        head = link_hash(head, event)
        links.append(AuditLink(position=position, event=event, hash=head))
    try:
        with transaction.atomic():
            AuditLink.objects.bulk_create(links)
    except IntegrityError:
        return 0
    if links:
        keep = partial(audit_head.keep_head, audit_head.Head(position, head))
        transaction.on_commit(keep, robust=True)
    return len(links)


def _in_time(
    waiting: QuerySet[AuditEvent], last: AuditLink, limit: int
) -> list[AuditEvent]:
    """What may be chained; the rest is logged, once."""
    events = list(waiting[:limit])
    if not events:
        return events
    fits = in_time(last)
    untimely = list(waiting.exclude(fits)[:LOGGED])
    for event in untimely:
        _log_once(
            f"Audit event {event.pk} is dated {event.at.isoformat()}, which does not "
            "fit where it stands in the trail. It is not chained."
        )
    return list(waiting.filter(fits)[:limit]) if untimely else events


def in_time(last: AuditLink) -> Q:
    """Which events may follow this link: neither older than it nor of the future.

    The margin is for honest transactions: an event gets its time when it is written
    and is met when it has committed, and who commits late waits for
    ``chain_stragglers``. What a person accepted is in time.
    """
    now = database_now()
    fits = Q(at__lte=now + AHEAD)
    if last.position:
        fits &= Q(at__gte=min(last.event.at, now) - LATE_BY)
    accepted = AuditEvent.objects.filter(action=ACCEPTED, subject_type="auditevent")
    ids = [int(pk) for pk in accepted.values_list("subject_id", flat=True)]
    return fits | Q(pk__in=ids)


def out_of_time(waiting: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Those of the waiting events that the sealer refuses to chain."""
    return waiting.exclude(in_time(chain_head()))


def _refuse(wrong: audit_head.Contradiction) -> None:
    """Say it in the log, and once in the trail: there it waits with the others."""
    _log_once(f"The audit trail is not sealed any more: {wrong}.")
    last_event = AuditEvent.objects.filter(action=REFUSED).order_by("-pk").first()
    stored = vars(wrong.stored)
    if last_event is None or last_event.detail != {
        "kept": stored,
        "found": wrong.actual,
    }:
        subject = AuditLink(position=wrong.stored.position, hash=wrong.stored.hash)
        AuditEvent.objects.record(
            REFUSED, actor=None, subject=subject, kept=stored, found=wrong.actual
        )


def _log_once(text: str) -> None:
    if text not in _logged:
        _logged.add(text)
        logger.error(text)

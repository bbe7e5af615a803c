"""The hash chain over committed audit events: lengthen it.

Each link's hash covers the hash before it and the event's content, as in a Merkle
chain (Haber and Stornetta, "How to time-stamp a digital document", 1991). Writers
never wait for it: the sealer meets their events after they committed.
"""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from training.canonical import sha256_json, sha256_text
from training.models import AuditEvent, AuditLink

WINDOW = 10_000  # events; a transaction is open for a moment, not for so many others
GENESIS = sha256_text("preciso audit chain")


def event_content(event: AuditEvent) -> dict[str, Any]:
    """What of an event its link's hash is over.

    The request, the way it came in, the token and the records are part of it where
    there are any; events from before these were kept have none, and their links still
    hold.
    """
    content: dict[str, Any] = {
        "id": event.pk,
        "at": event.at.isoformat(),
        "action": event.action,
        "actor": event.actor_id,
        "actor_label": event.actor_label,
        "subject": [event.subject_type, event.subject_id, event.subject_label],
        "detail": event.detail,
    }
    if event.request_id:
        content["request"] = event.request_id
    if event.via:
        content["via"] = event.via
    if event.token:
        content["token"] = event.token
    if event.records:
        content["records"] = event.records
    return content


def link_hash(before: str, event: AuditEvent) -> str:
    """The hash of the link that stands after the hash ``before``."""
    return sha256_text(before + sha256_json(event_content(event)))


def chain_head() -> AuditLink:
    """The last link; one of position 0 where there is none."""
    last = AuditLink.objects.order_by("-position").first()
    return last or AuditLink(position=0, hash=GENESIS)


def waiting_for_chain() -> QuerySet[AuditEvent]:
    """Recent events that are not in the chain yet, oldest first.

    Looks back ``WINDOW`` events from the newest chained one, so that it costs the same
    however long the trail is. What committed later still waits for
    ``chain_stragglers``.
    """
    newest = AuditLink.objects.aggregate(newest=Max("event_id"))["newest"] or 0
    since = newest - WINDOW
    # Said of the links too: PostgreSQL would read all of them.
    links = AuditLink.objects.filter(event=OuterRef("pk"), event__gt=since)
    return AuditEvent.objects.filter(~Exists(links), pk__gt=since).order_by("pk")


def chain_events(limit: int = 1000) -> int:
    """Link up to ``limit`` recent events that are not in the chain; returns how many.

    Of two sealers at once one does the work and the other gets 0: positions are unique.
    """
    return _link(waiting_for_chain()[:limit])


def chain_stragglers(limit: int = 1000) -> int:
    """Link what committed so late that ``chain_events`` no longer looks there."""
    return _link(AuditEvent.objects.unchained()[:limit])


def _link(events: Iterable[AuditEvent]) -> int:
    last = AuditLink.objects.order_by("-position").first()
    position, head = (last.position, last.hash) if last else (0, GENESIS)
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
    return len(links)

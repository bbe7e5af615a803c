"""The head of the chain, kept elsewhere once a day: the only proof against its owner.

To a file always; by mail, to a webhook and to a time-stamp server (RFC 3161) where
they are set. What could not be reached is tried again, and told.
"""

import json
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from preciso.clock import database_now
from training.models import AuditEvent, AuditLink
from training.services.audit import head_files
from training.services.audit.chain import chain_head
from training.services.outbound_http import post

ANCHORED = "audit.anchored"
DAILY, AGAIN = timedelta(hours=24), timedelta(hours=1)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Anchor:
    """The head of the chain at one moment."""

    position: int
    hash: str
    at: datetime

    def as_json(self) -> dict[str, Any]:
        return {
            "position": self.position,
            "hash": self.hash,
            "at": self.at.isoformat(),
            "host": socket.gethostname(),
        }

    @property
    def sentence(self) -> str:
        return (
            f"The audit trail of Preciso on {socket.gethostname()} had the head\n\n"
            f"    {self.hash}\n\n"
            f"at entry {self.position}, {self.at.isoformat(timespec='seconds')}.\n\n"
            f"Keep this message. manage.py verify_audit --head {self.hash}\n"
            "proves later that nothing up to there was changed.\n"
        )


def anchor_daily() -> bool:
    """A round of the worker: whether an anchor was made or tried again."""
    last = chain_head()
    if not last.position or head_files.contradiction(head_files.stored_heads()):
        return False
    anchor = Anchor(last.position, last.hash, database_now())
    is_in_file = _append_daily(anchor)
    last_event = AuditEvent.objects.filter(action=ANCHORED).order_by("-pk").first()
    due = _due(last_event, anchor.at)
    if due is None:
        return is_in_file
    results = {name: _send(send, anchor) for name, send in due.items()}
    _tell(last, anchor, results)
    return True


def _append_daily(anchor: Anchor) -> bool:
    try:
        known = json.loads(head_files.last_anchor())
        young = anchor.at - datetime.fromisoformat(known["at"]) < DAILY
        if young or known["position"] == anchor.position:
            return False
    except (FileNotFoundError, ValueError, KeyError):
        pass  # the first one, or after a line that was torn or tells no time
    head_files.append_anchor(anchor.as_json())
    return True


Send = Callable[[Anchor], str]


def _ways() -> dict[str, Send]:
    """Where it goes besides the file, as the settings say."""
    ways: dict[str, tuple[object, Send]] = {
        "mail": (settings.AUDIT_ANCHOR_MAIL, _mail),
        "webhook": (settings.AUDIT_ANCHOR_WEBHOOK, _webhook),
        "timestamp": (settings.AUDIT_ANCHOR_TSA, _timestamp),
    }
    return {name: send for name, (setting, send) in ways.items() if setting}


def _due(last_event: AuditEvent | None, now: datetime) -> dict[str, Send] | None:
    """What to send now; None for nothing, not even a word in the trail."""
    ways = _ways()
    if last_event is None or now - last_event.at >= DAILY:
        return ways
    failed = {name: ways[name] for name in last_event.detail["failed"] if name in ways}
    return failed if failed and now - last_event.at >= AGAIN else None


def _send(send: Send, anchor: Anchor) -> tuple[bool, str]:
    try:
        return True, send(anchor)
    except Exception as trouble:
        logger.exception("the head of the audit trail could not be kept elsewhere")
        return False, f"{type(trouble).__name__}: {trouble}"[:200]


def _mail(anchor: Anchor) -> str:
    people = settings.AUDIT_ANCHOR_MAIL
    subject = f"Head of the audit trail at entry {anchor.position}"
    send_mail(subject, anchor.sentence, None, people)
    return ", ".join(people)


def _webhook(anchor: Anchor) -> str:
    body = json.dumps(anchor.as_json()).encode()
    post(settings.AUDIT_ANCHOR_WEBHOOK, body, "application/json")
    return "accepted"


def _timestamp(anchor: Anchor) -> str:
    """The server's answer is kept beside the anchors; returns its file's name."""
    # The web process, which imports this module as well, has no use for it.
    from training.services.audit.timestamps import stamp  # noqa: PLC0415

    answer = stamp(anchor.hash)
    target = head_files.folder() / f"head-{anchor.position}.tsr"
    head_files.write_whole(target, answer)
    return target.name


@transaction.atomic
def _tell(
    last: AuditLink, anchor: Anchor, results: dict[str, tuple[bool, str]]
) -> None:
    AuditEvent.objects.record(
        ANCHORED,
        actor=None,
        subject=last,
        position=anchor.position,
        head=anchor.hash,
        sent={name: note for name, (well, note) in results.items() if well},
        failed={name: note for name, (well, note) in results.items() if not well},
    )

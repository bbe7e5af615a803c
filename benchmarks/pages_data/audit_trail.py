"""The audit trail that comes with so many cases and jobs, chained but for its end."""

import json
from collections.abc import Iterator

from benchmarks.pages_data.bulk_rows import Row, pour
from benchmarks.pages_data.history import Past
from training.models import AuditEvent, AuditLink
from training.services.audit.chain import GENESIS, link_hash

UNCHAINED = 40  # what the sealer, which does not run here, would meet next
DETAIL = {"decision": "no", "source": "page"}
DETAIL_TEXT = json.dumps(DETAIL)


def pour_trail(past: Past) -> None:
    pour(AuditEvent, (_event(past, place) for place in range(1, past.events + 1)))
    pour(AuditLink, _links(past))


def _event(past: Past, place: int) -> Row:
    number = 1 + place // 3
    action, kind, label = (
        ("case.created", "case", f"S-{number}"),
        ("case.approved", "case", f"S-{number}"),
        ("job.submitted", "pipelinejob", f"Training job {number}"),
    )[place % 3]
    person = past.reviewer(place) if place % 3 == 1 else None
    return {
        "id": place,
        "at": past.moment(place, past.events),
        "action": action,
        "actor_id": person.pk if person else None,
        "actor_label": person.username if person else "system",
        "subject_type": kind,
        "subject_id": str(number),
        "subject_label": label,
        "detail": DETAIL_TEXT,
    }


def _links(past: Past) -> Iterator[Row]:
    head = GENESIS
    for place in range(1, past.events - UNCHAINED + 1):
        event = AuditEvent(**{**_event(past, place), "detail": DETAIL})
        head = link_hash(head, event)
        yield {"position": place, "event_id": place, "hash": head}

"""The audit trail as a file: CSV to be read, JSON lines to be computed with."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from mlops.pages.shared import audit_trail
from training.canonical import canonical_json, sha256_json
from training.models import AuditEvent
from training.services.audit.chain import event_content, told_event
from training.services.cases.corrections import has_old_content

AT_ONCE = 1000
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # so that Excel reads UTF-8
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Form:
    """One way of writing entries down."""

    ending: str
    content_type: str
    head: Callable[[], str]
    written: Callable[[Any], str]


def bounded(rows: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """The entries that are there now; those that come while it is sent stay out."""
    newest = AuditEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0
    return rows.filter(pk__lte=newest)


def portions(rows: QuerySet[Any], form: Form) -> Iterator[bytes]:
    """Newest first, a thousand at a time, in the language in which it was asked for."""
    language = translation.get_language() or "en"
    return _written(rows, form, language)


def _written(rows: QuerySet[Any], form: Form, language: str) -> Iterator[bytes]:
    with translation.override(language):
        head = form.head()
    yield head.encode()
    last = None
    while True:
        rest = rows if last is None else rows.filter(pk__lt=last)
        found = list(rest[:AT_ONCE])
        if not found:
            return
        with translation.override(language):
            text = form.written(found)
        yield text.encode()
        last = found[-1].pk


def _csv_head() -> str:
    columns = [
        _("When"),
        _("Who"),
        _("What"),
        _("About"),
        _("Particulars"),
        _("One click"),
        _("Chain"),
        _("Fingerprint"),
        _("Through"),
    ]
    return BOM + csv_lines([columns])


def _as_csv(found: Sequence[AuditEvent]) -> str:
    return csv_lines([_csv_row(entry) for entry in audit_trail.entries(list(found))])


def _csv_row(entry: audit_trail.Entry) -> list[str]:
    event, link = entry.event, getattr(entry.event, "link", None)
    return [
        timezone.localtime(event.at).isoformat(),
        entry.who,
        str(entry.what),
        entry.about,
        "; ".join(f"{name}: {value}" for name, value in entry.details),
        event.request_id,
        str(link.position) if link else "",
        link.hash if link else "",
        entry.way,
    ]


def csv_lines(rows: Sequence[Sequence[str]]) -> str:
    target = io.StringIO()
    csv.writer(target).writerows([[_harmless(cell) for cell in row] for row in rows])
    return target.getvalue()


def _harmless(cell: str) -> str:
    """A spreadsheet takes what starts so for a formula, whoever wrote it."""
    return f"'{cell}" if cell.startswith(STARTS_A_FORMULA) else cell


def _as_json_lines(found: Sequence[AuditEvent]) -> str:
    return "".join(f"{canonical_json(_json(event))}\n" for event in found)


def _json(event: AuditEvent) -> dict[str, object]:
    """The content that is hashed, and its link: enough to compute the chain anew."""
    link = getattr(event, "link", None)
    chained = {"position": link.position, "hash": link.hash} if link else None
    content = event_content(event)
    if has_old_content(event):  # its hash does for the chain
        told = {**content, "detail": {"left_out": list(event.detail["before"])}}
        return {
            "event": told,
            "content_sha256": sha256_json(content),
            "link": chained,
        }
    return {"event": told_event(event), "link": chained}


FORMS = {
    "csv": Form("csv", "text/csv; charset=utf-8", _csv_head, _as_csv),
    "jsonl": Form("jsonl", "application/x-ndjson", lambda: "", _as_json_lines),
}

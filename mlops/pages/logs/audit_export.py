"""The audit trail as a file."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from mlops.pages.logs.export import BOM, ExportFormat, LogExport, csv_lines
from mlops.pages.shared import audit_trail
from training.canonical import canonical_json, sha256_json
from training.models import AuditEvent
from training.services.audit.chain import event_content, exported_event
from training.services.cases.corrections import has_old_content


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


def _as_csv(events: Sequence[AuditEvent]) -> str:
    return csv_lines([_csv_row(entry) for entry in audit_trail.entries(list(events))])


def _csv_row(entry: audit_trail.TrailEntry) -> list[str]:
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


def _as_json_lines(events: Sequence[AuditEvent]) -> str:
    return "".join(f"{canonical_json(_json(event))}\n" for event in events)


def _json(event: AuditEvent) -> dict[str, object]:
    """The content that is hashed, and its link: enough to compute the chain anew."""
    link = getattr(event, "link", None)
    chained = {"position": link.position, "hash": link.hash} if link else None
    content = event_content(event)
    if has_old_content(event):  # its hash does for the chain
        shortened = {**content, "detail": {"left_out": list(event.detail["before"])}}
        return {
            "event": shortened,
            "content_sha256": sha256_json(content),
            "link": chained,
        }
    return {"event": exported_event(event), "link": chained}


AUDIT_TRAIL = LogExport(
    name="audit-trail",
    action="audit.exported",
    formats={
        "csv": ExportFormat("text/csv; charset=utf-8", _csv_head, _as_csv),
        "jsonl": ExportFormat("application/x-ndjson", lambda: "", _as_json_lines),
    },
)

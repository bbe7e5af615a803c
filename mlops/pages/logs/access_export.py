"""The access log as a file."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from mlops.pages.logs import access_entries
from mlops.pages.logs.export import BOM, ExportFormat, LogExport, csv_lines
from training.canonical import canonical_json
from training.models import AccessEntry
from training.services.access.access_days import as_json


def _csv_head() -> str:
    columns = [
        _("First"),
        _("Last"),
        _("How often"),
        _("Who"),
        _("What"),
        _("About"),
        _("Cases"),
        _("Address"),
        _("Token"),
        _("Route"),
        _("Kept until"),
    ]
    return BOM + csv_lines([columns])


def _as_csv(rows: Sequence[AccessEntry]) -> str:
    return csv_lines([_csv_row(line) for line in access_entries.lines(rows)])


def _csv_row(line: access_entries.AccessLine) -> list[str]:
    row = line.row
    return [
        timezone.localtime(row.first_at).isoformat(),
        timezone.localtime(row.last_at).isoformat(),
        str(row.count),
        line.who,
        line.what,
        line.about,
        " ".join(map(str, row.cases)),
        row.address,
        row.token,
        row.route,
        row.keep_until.isoformat(),
    ]


def _as_json_lines(rows: Sequence[AccessEntry]) -> str:
    return "".join(f"{canonical_json(as_json(row))}\n" for row in rows)


ACCESS_LOG = LogExport(
    name="access-log",
    action="access.exported",
    formats={
        "csv": ExportFormat("text/csv; charset=utf-8", _csv_head, _as_csv),
        "jsonl": ExportFormat("application/x-ndjson", lambda: "", _as_json_lines),
    },
)

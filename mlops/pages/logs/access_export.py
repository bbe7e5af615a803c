"""The access log as a file: CSV to be read, JSON lines to be computed with."""

from collections.abc import Sequence

from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from mlops.pages.logs import access_entries
from mlops.pages.logs.export import BOM, Form, csv_lines
from training.canonical import canonical_json
from training.models import AccessEntry
from training.services.access.access_days import as_json


def bounded(rows: QuerySet[AccessEntry]) -> QuerySet[AccessEntry]:
    """The entries that are there now; those that come while it is sent stay out."""
    newest = AccessEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0
    return rows.filter(pk__lte=newest)


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


def _as_csv(found: Sequence[AccessEntry]) -> str:
    return csv_lines([_csv_row(line) for line in access_entries.lines(found)])


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


def _as_json_lines(found: Sequence[AccessEntry]) -> str:
    return "".join(f"{canonical_json(as_json(row))}\n" for row in found)


FORMS = {
    "csv": Form("csv", "text/csv; charset=utf-8", _csv_head, _as_csv),
    "jsonl": Form("jsonl", "application/x-ndjson", lambda: "", _as_json_lines),
}

"""A log as a file: CSV for people, JSON lines for programs."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import Http404, StreamingHttpResponse
from django.utils import timezone, translation

from preciso.filters import Filters
from preciso.http import AuthedRequest
from preciso.requester import requester_of
from training.choices import AccessKind
from training.models import AuditEvent
from training.services.access import access_log

BATCH = 1000  # rows
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # so that Excel reads UTF-8
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class ExportFormat:
    """How rows are written: ``head`` once, then ``body`` for each batch of rows."""

    content_type: str
    head: Callable[[], str]
    body: Callable[[Any], str]


@dataclass(frozen=True)
class LogExport:
    """A log that may leave the system: the name of its file, the audit event that
    says so, and its formats by the ending of the file."""

    name: str
    action: str
    formats: Mapping[str, ExportFormat]


def export_response(
    request: AuthedRequest, log: LogExport, ending: str, filters: Filters
) -> StreamingHttpResponse:
    """Every entry that the filters let through, however many, as a download.

    The trail and the access log have an entry about it before the first byte leaves.
    Raises Http404 where the log has no such format.
    """
    if ending not in log.formats:
        raise Http404
    rows = _bounded(filters.qs)
    count = rows.count()
    with transaction.atomic():
        event = AuditEvent.objects.record(
            log.action,
            actor=request.user,
            subject=request.user,
            entries=count,
            form=ending,
            narrowed={name: str(value) for name, value in filters.chosen.items()},
        )
    access_log.note(AccessKind.EXPORT, requester_of(request), subject=event)
    file_format = log.formats[ending]
    language = translation.get_language() or "en"
    response = StreamingHttpResponse(
        _batches(rows, file_format, language), content_type=file_format.content_type
    )
    day = timezone.localdate().isoformat()
    name = f"{log.name}-{day}-{count}-entries.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _bounded(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The entries that are there now; those that come while it is sent stay out."""
    newest = rows.model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0
    return rows.filter(pk__lte=newest)


def _batches(
    rows: QuerySet[Any], file_format: ExportFormat, language: str
) -> Iterator[bytes]:
    """Newest first. The server asks for each batch when the request is over, so the
    language of the request is switched on again for each."""
    with translation.override(language):
        head = file_format.head()
    yield head.encode()
    last_pk = None
    while True:
        rest = rows if last_pk is None else rows.filter(pk__lt=last_pk)
        batch = list(rest[:BATCH])
        if not batch:
            return
        with translation.override(language):
            text = file_format.body(batch)
        yield text.encode()
        last_pk = batch[-1].pk


def csv_lines(rows: Sequence[Sequence[str]]) -> str:
    target = io.StringIO()
    csv.writer(target).writerows([[_harmless(cell) for cell in row] for row in rows])
    return target.getvalue()


def _harmless(cell: str) -> str:
    """A spreadsheet takes what starts so for a formula, whoever wrote it."""
    return f"'{cell}" if cell.startswith(STARTS_A_FORMULA) else cell

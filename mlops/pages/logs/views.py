"""Logs: who did what, when; how far the chain reaches; what the processes report."""

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from mlops.pages.logs import export as log_export
from mlops.pages.logs import service_entries
from mlops.pages.logs.audit_export import note_export
from mlops.pages.logs.forms import event_filter_fields
from mlops.pages.shared import audit_trail, system_status
from preciso.http import AuthedRequest, render_either
from preciso.page_paginator import Pages
from preciso.requester import visit_of
from training.choices import AccessKind
from training.services.access import access_log

PAGE_SIZE = 50


@require_GET
@permission_required("training.view_auditevent", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    filters = audit_trail.narrowed(request.GET)
    found = Pages(filters.qs, PAGE_SIZE).get_page(request.GET.get("page"))
    return render_either(
        request,
        page="mlops/logs/page.html",
        fragment="mlops/logs/_body.html",
        context={
            "form": event_filter_fields(filters),
            "click": filters.chosen.get("request", ""),
            "page_obj": found,
            "entries": audit_trail.entries(list(found)),
            "chain": system_status.chain(),
        },
    )


@require_POST
@permission_required("training.export_auditevent", raise_exception=True)
def export(request: AuthedRequest, ending: str) -> StreamingHttpResponse:
    """Every entry that matches what the form carries along, however many."""
    if ending not in log_export.FORMS:
        raise Http404
    filters = audit_trail.narrowed(request.POST)
    chosen = {name: str(value) for name, value in filters.chosen.items()}
    written = log_export.FORMS[ending]
    rows = log_export.bounded(filters.qs)
    count = rows.count()
    event = note_export(by=request.user, entries=count, form=ending, narrowed=chosen)
    access_log.note(AccessKind.EXPORT, visit_of(request), subject=event)
    answer = StreamingHttpResponse(
        log_export.portions(rows, written), content_type=written.content_type
    )
    day = timezone.localdate().isoformat()
    name = f"audit-trail-{day}-{count}-entries.{written.ending}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_GET
@permission_required("training.read_servicelog", raise_exception=True)
def service(request: AuthedRequest) -> HttpResponse:
    form = service_entries.LineFilters(request.GET)
    found = Paginator(form.lines(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render_either(
        request,
        page="mlops/logs/service.html",
        fragment="mlops/logs/_service.html",
        context={"form": form, "page_obj": found},
    )

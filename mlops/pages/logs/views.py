"""Logs: who did what, when; how far the chain reaches; what the processes report."""

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET, require_POST

from mlops.pages.logs import service_entries
from mlops.pages.logs.audit_export import AUDIT_TRAIL
from mlops.pages.logs.export import export_response
from mlops.pages.logs.forms import event_filter_fields
from mlops.pages.shared import audit_trail, system_status
from preciso.http import AuthedRequest, render_either
from preciso.page_paginator import KeyPaginator

PAGE_SIZE = 50


@require_GET
@permission_required("training.view_auditevent", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    filters = audit_trail.narrowed(request.GET)
    events = KeyPaginator(filters.qs, PAGE_SIZE).get_page(request.GET.get("page"))
    return render_either(
        request,
        page="mlops/logs/page.html",
        fragment="mlops/logs/_body.html",
        context={
            "form": event_filter_fields(filters),
            "click": filters.chosen.get("request", ""),
            "page_obj": events,
            "entries": audit_trail.entries(list(events)),
            "chain": system_status.chain(),
        },
    )


@require_POST
@permission_required("training.export_auditevent", raise_exception=True)
def export(request: AuthedRequest, ending: str) -> StreamingHttpResponse:
    filters = audit_trail.narrowed(request.POST)
    return export_response(request, AUDIT_TRAIL, ending, filters)


@require_GET
@permission_required("training.read_servicelog", raise_exception=True)
def service(request: AuthedRequest) -> HttpResponse:
    form = service_entries.LineFilters(request.GET)
    lines = Paginator(form.lines(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render_either(
        request,
        page="mlops/logs/service.html",
        fragment="mlops/logs/_service.html",
        context={"form": form, "page_obj": lines},
    )

"""The access log: who came in, who was kept out, who looked."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET, require_POST

from mlops.pages.logs import access_entries
from mlops.pages.logs.access_export import ACCESS_LOG
from mlops.pages.logs.export import export_response
from mlops.pages.logs.forms import access_filter_fields
from preciso.http import AuthedRequest, render_either
from preciso.page_paginator import KeyPaginator

PAGE_SIZE = 50


@require_GET
@permission_required("training.read_accesslog", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    filters = access_entries.filters(request.GET)
    page_obj = KeyPaginator(filters.qs, PAGE_SIZE).get_page(request.GET.get("page"))
    return render_either(
        request,
        page="mlops/logs/access.html",
        fragment="mlops/logs/_access.html",
        context={
            "form": access_filter_fields(filters),
            "page_obj": page_obj,
            "lines": access_entries.lines(list(page_obj)),
        },
    )


@require_POST
@permission_required("training.read_accesslog", raise_exception=True)
def export(request: AuthedRequest, ending: str) -> StreamingHttpResponse:
    filters = access_entries.filters(request.POST)
    return export_response(request, ACCESS_LOG, ending, filters)

"""The access log: who came in, who was kept out, who looked."""

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from mlops.pages.logs import access_entries, access_export
from mlops.pages.logs import export as log_export
from mlops.pages.logs.audit_export import note_access_export
from mlops.pages.logs.forms import AccessLogFilter
from preciso.http import AuthedRequest, render_either
from preciso.page_paginator import Pages
from preciso.requester import visit_of
from training.choices import AccessKind
from training.services.access import access_log

PAGE_SIZE = 50


@require_GET
@permission_required("training.read_accesslog", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    form = AccessLogFilter(request.GET)
    form.is_valid()  # a value that cannot be read filters nothing; its field says so
    rows = access_entries.entries(
        access_entries.AccessFilter.from_cleaned(form.cleaned_data)
    )
    found = Pages(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render_either(
        request,
        page="mlops/logs/access.html",
        fragment="mlops/logs/_access.html",
        context={
            "form": form,
            "page_obj": found,
            "lines": access_entries.lines(list(found)),
        },
    )


@require_POST
@permission_required("training.read_accesslog", raise_exception=True)
def export(request: AuthedRequest, ending: str) -> StreamingHttpResponse:
    """Every entry that matches what the form carries along, however many."""
    if ending not in access_export.FORMS:
        raise Http404
    form = AccessLogFilter(request.POST)
    form.is_valid()
    wish = access_entries.AccessFilter.from_cleaned(form.cleaned_data)
    written = access_export.FORMS[ending]
    rows = access_export.bounded(access_entries.entries(wish))
    count = rows.count()
    event = note_access_export(
        by=request.user, entries=count, form=ending, narrowed=wish.said
    )
    access_log.note(AccessKind.EXPORT, visit_of(request), subject=event)
    answer = StreamingHttpResponse(
        log_export.portions(rows, written), content_type=written.content_type
    )
    day = timezone.localdate().isoformat()
    name = f"access-log-{day}-{count}-entries.{written.ending}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer

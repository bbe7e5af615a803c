"""Logs: who did what, when; how far the chain reaches; what the processes report."""

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from mlops.forms import LogFilter, ServiceLogFilter
from mlops.selectors import log_export, logs, ops, service_log
from mlops.services.audit_export import note_export
from preciso.http import AuthedRequest, render_either
from preciso.paging import Pages
from preciso.visits import visit_of
from training.choices import AccessKind
from training.services import access

PAGE_SIZE = 50


@require_GET
@permission_required("training.view_auditevent", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    form = LogFilter(request.GET)
    form.is_valid()  # a value that cannot be read filters nothing; its field says so
    wish = logs.EventFilter.from_cleaned(form.cleaned_data)
    rows = logs.events(wish)
    found = Pages(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render_either(
        request,
        page="mlops/logs/page.html",
        fragment="mlops/logs/_body.html",
        context={
            "form": form,
            "wish": wish,
            "page_obj": found,
            "entries": logs.entries(list(found)),
            "chain": ops.chain(),
        },
    )


@require_POST
@permission_required("training.export_auditevent", raise_exception=True)
def export(request: AuthedRequest, ending: str) -> StreamingHttpResponse:
    """Every entry that matches what the form carries along, however many."""
    if ending not in log_export.FORMS:
        raise Http404
    form = LogFilter(request.POST)
    form.is_valid()
    wish = logs.EventFilter.from_cleaned(form.cleaned_data)
    written = log_export.FORMS[ending]
    rows = log_export.bounded(logs.events(wish))
    count = rows.count()
    event = note_export(by=request.user, entries=count, form=ending, narrowed=wish.said)
    access.note(AccessKind.EXPORT, visit_of(request), subject=event)
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
    form = ServiceLogFilter(request.GET)
    form.is_valid()
    known = {name: value for name, value in form.cleaned_data.items() if value}
    rows = service_log.lines(service_log.LineFilter(**known))
    found = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render_either(
        request,
        page="mlops/logs/service.html",
        fragment="mlops/logs/_service.html",
        context={"form": form, "page_obj": found},
    )

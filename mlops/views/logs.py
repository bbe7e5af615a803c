"""Logs: who did what, when; and how far the chain of hashes reaches."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from mlops.forms import LogFilter
from mlops.selectors import logs, ops
from preciso.http import AuthedRequest, render_either
from preciso.paging import Pages

PAGE_SIZE = 50


@require_GET
@permission_required("training.view_auditevent", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    form = LogFilter(request.GET)
    form.is_valid()  # a value that cannot be read filters nothing; its field says so
    wish = form.cleaned_data
    rows = logs.events(
        person=wish.get("person", ""),
        area=wish.get("area", ""),
        since=wish.get("since"),
        until=wish.get("until"),
        chain=wish.get("chain", ""),
    )
    found = Pages(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render_either(
        request,
        page="mlops/logs/page.html",
        fragment="mlops/logs/_body.html",
        context={
            "form": form,
            "page_obj": found,
            "entries": logs.entries(list(found)),
            "chain": ops.chain(),
        },
    )

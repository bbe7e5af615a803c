"""Every decision that the system took by itself, with its reasons."""

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from mlops.pages.training import decisions
from mlops.pages.training.forms import decision_filter_fields
from preciso.filters import renamed
from preciso.http import AuthedRequest, render_either
from preciso.page_paginator import KeyPaginator

PAGE_SIZE = 25


@require_GET
@permission_required("training.view_autodecision", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    about = request.GET.get("about", "")
    kind = about if about in decisions.KINDS else "training"
    if kind == "promotion" and not request.user.has_perm(
        "mlops.view_promotiondecision"
    ):
        raise PermissionDenied
    if to_new_names := renamed(request, decisions.RENAMED[kind]):
        return to_new_names
    filters = decisions.filters(kind, request.GET)
    rows = KeyPaginator(filters.qs, PAGE_SIZE).get_page(request.GET.get("page"))
    tallies = decisions.tallies()
    context = {
        "form": decision_filter_fields(filters),
        "is_narrowed": bool(filters.chosen),
        "kind": kind,
        "kinds": [(key, decisions.KINDS[key], tallies[key]) for key in tallies],
        "is_empty": not tallies[kind],
        "page_obj": rows,
        "rows": decisions.decision_rows(kind, rows),
    }
    return render_either(
        request,
        page="mlops/training/decisions.html",
        fragment="mlops/training/_decisions.html",
        context=context,
    )

"""Every decision that the system took by itself, with its reasons."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from mlops.forms import DecisionFilter
from mlops.selectors import decisions
from preciso.http import AuthedRequest, render_either
from preciso.paging import Pages
from preciso.shapes import as_id

PAGE_SIZE = 25


@require_GET
@permission_required("training.view_autodecision", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    form = DecisionFilter(request.GET)
    form.is_valid()  # a value that cannot be read filters nothing; its field says so
    about = request.GET.get("about", "")
    kind = about if about in decisions.KINDS else "training"
    if kind == "promotion" and not request.user.has_perm(
        "mlops.view_promotiondecision"
    ):
        raise PermissionDenied
    tallies = decisions.tallies()
    context = {
        "form": form,
        "kind": kind,
        "kinds": [(key, decisions.KINDS[key], tallies[key]) for key in tallies],
        "is_empty": not tallies[kind],
        **_rows(request, kind, form.cleaned_data),
    }
    return render_either(
        request,
        page="mlops/training/decisions.html",
        fragment="mlops/training/_decisions.html",
        context=context,
    )


def _rows(request: AuthedRequest, kind: str, wish: dict[str, Any]) -> dict[str, Any]:
    done, number = wish.get("done", ""), request.GET.get("page")
    if kind == "promotion":
        promotions = Pages(decisions.decided_promotions(done=done), PAGE_SIZE)
        page_of_them = promotions.get_page(number)
        told = decisions.told_promotions(list(page_of_them))
        return {"page_obj": page_of_them, "told": told}
    rows = decisions.decided_trainings(
        trigger=wish.get("trigger", ""),
        done=done,
        case=as_id(request.GET.get("case", "")),
    )
    shown = Pages(rows, PAGE_SIZE).get_page(number)
    return {"page_obj": shown, "told": decisions.told_trainings(list(shown))}

"""Models: what serves, its history as the rollback menu, the versions."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mlops.models import ModelVersion
from mlops.pages.models.forms import FreezeForm
from mlops.pages.models.new_cases import card as new_cases_card
from mlops.pages.shared import model_versions, production
from mlops.pages.shared.freeze_windows import windows
from mlops.pages.shared.responses import back_to, redraw, refusal_text
from mlops.serving import selection
from preciso.http import AuthedRequest, render_either, wants_fragment
from training.errors import DomainError

PAGE, FRAGMENT = "mlops/models/page.html", "mlops/models/_body.html"


def models_context(page: str | None = None) -> dict[str, Any]:
    """All that the Models page shows; ``page``: of the list of versions."""
    return {
        "serving": model_versions.serving_card(),
        "production": production.card(),
        "history": model_versions.history(),
        "windows": windows(),
        "freeze_form": FreezeForm(),
        "page_obj": model_versions.versions().get_page(page),
    }


def redraw_models(request: AuthedRequest, problem: str = "") -> HttpResponse:
    """The page as it is now: redrawn for htmx, by a redirect without it."""
    if not wants_fragment(request):
        return back_to(request, reverse("mlops:models"), problem)
    return redraw(request, FRAGMENT, models_context(), problem)


@require_GET
@permission_required("mlops.view_modelversion", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    context = models_context(request.GET.get("page"))
    return render_either(request, page=PAGE, fragment=FRAGMENT, context=context)


@require_GET
@permission_required("mlops.view_modelversion", raise_exception=True)
def new_cases(request: AuthedRequest) -> HttpResponse:
    return render_either(
        request,
        page="mlops/models/new_cases.html",
        fragment="mlops/models/_new_cases.html",
        context={"new_cases": new_cases_card()},
    )


@require_POST
@permission_required("mlops.select_version", raise_exception=True)
def select(request: AuthedRequest, version_id: int) -> HttpResponse:
    version = get_object_or_404(ModelVersion, pk=version_id)
    try:
        _period, changed = selection.select_version(
            version,
            by=request.user,
            reason=request.POST.get("reason", ""),
            expected_current=request.POST.get("expected_current") or None,
        )
    except DomainError as refusal:
        return redraw_models(request, refusal_text(request, refusal))
    text = _("%(version)s serves now.") if changed else _("%(version)s serves already.")
    messages.success(request, text % {"version": version})
    return redraw_models(request)


@require_POST
@permission_required("mlops.roll_back", raise_exception=True)
def roll_back(request: AuthedRequest) -> HttpResponse:
    try:
        period = selection.roll_back(
            by=request.user,
            reason=request.POST.get("reason", ""),
            expected_current=request.POST.get("expected_current") or None,
        )
    except DomainError as refusal:
        return redraw_models(request, refusal_text(request, refusal))
    text = _("%(version)s serves again. Automatic promotion is on hold.")
    messages.success(request, text % {"version": period.model_version})
    return redraw_models(request)


@require_POST
@permission_required("mlops.release_hold", raise_exception=True)
def release_hold(request: AuthedRequest) -> HttpResponse:
    try:
        selection.release_hold(by=request.user, reason=request.POST.get("reason", ""))
    except DomainError as refusal:
        return redraw_models(request, refusal_text(request, refusal))
    messages.success(request, _("The hold is lifted."))
    return redraw_models(request)

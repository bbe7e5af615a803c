"""One version: how it did, and whether it may serve."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mlops.models import ModelVersion
from mlops.pages.models.four_eyes import eyes_page
from mlops.pages.shared import model_comparison, model_versions
from mlops.pages.shared.responses import back_to, redraw, refusal_text
from mlops.serving import break_glass, model_registry, withdrawals
from preciso.http import AuthedRequest, render_either, wants_fragment
from training.errors import DomainError

PAGE, FRAGMENT = "mlops/models/version.html", "mlops/models/_version.html"


def version_for_page(version_id: int) -> ModelVersion:
    return get_object_or_404(ModelVersion.objects.for_table(), pk=version_id)


def _context(request: AuthedRequest, version_id: int) -> dict[str, Any]:
    version = version_for_page(version_id)
    return {
        **model_versions.version_page(version),
        **model_comparison.comparison_section(version),
        **eyes_page(version, request.user),
    }


def redraw_version(
    request: AuthedRequest, version_id: int, problem: str = ""
) -> HttpResponse:
    """The version as it is now: redrawn for htmx, by a redirect without it."""
    if not wants_fragment(request):
        return back_to(request, reverse("mlops:model", args=[version_id]), problem)
    return redraw(request, FRAGMENT, _context(request, version_id), problem)


@require_GET
@permission_required("mlops.view_modelversion", raise_exception=True)
def one(request: AuthedRequest, version_id: int) -> HttpResponse:
    context = _context(request, version_id)
    return render_either(request, page=PAGE, fragment=FRAGMENT, context=context)


@require_POST
@permission_required("mlops.select_version", raise_exception=True)
def recheck(request: AuthedRequest, version_id: int) -> HttpResponse:
    """Check the files again: present, unchanged, loadable."""
    version = version_for_page(version_id)
    try:
        model_registry.check_version(version)
    except DomainError as refusal:
        return redraw_version(request, version_id, refusal_text(request, refusal))
    text = _("%(version)s was checked again.")
    messages.success(request, text % {"version": version})
    return redraw_version(request, version_id)


@require_POST
@permission_required("mlops.select_version", raise_exception=True)
def accept_withdrawn(request: AuthedRequest, version_id: int) -> HttpResponse:
    version = version_for_page(version_id)
    try:
        withdrawals.accept_withdrawn(
            version, by=request.user, reason=request.POST.get("reason", "")
        )
    except DomainError as refusal:
        return redraw_version(request, version_id, refusal_text(request, refusal))
    text = _("%(version)s may serve all the same.")
    messages.success(request, text % {"version": version})
    return redraw_version(request, version_id)


@require_POST
@permission_required("mlops.quarantine_modelversion", raise_exception=True)
def quarantine(request: AuthedRequest, version_id: int) -> HttpResponse:
    version = version_for_page(version_id)
    try:
        model_registry.quarantine(
            version, by=request.user, reason=request.POST.get("reason", "")
        )
    except DomainError as refusal:
        return redraw_version(request, version_id, refusal_text(request, refusal))
    text = _("%(version)s is in quarantine.")
    messages.success(request, text % {"version": version})
    return redraw_version(request, version_id)


@require_POST
@permission_required("mlops.quarantine_modelversion", raise_exception=True)
def lift_quarantine(request: AuthedRequest, version_id: int) -> HttpResponse:
    version = version_for_page(version_id)
    try:
        model_registry.release_quarantine(
            version, by=request.user, reason=request.POST.get("reason", "")
        )
    except DomainError as refusal:
        return redraw_version(request, version_id, refusal_text(request, refusal))
    text = _("The quarantine of %(version)s is lifted.")
    messages.success(request, text % {"version": version})
    return redraw_version(request, version_id)


@require_POST
@permission_required("mlops.select_version", raise_exception=True)
def ask_to_switch(request: AuthedRequest, version_id: int) -> HttpResponse:
    """Where one person may not select: ask that a second one confirms."""
    version = version_for_page(version_id)
    try:
        break_glass.request_switch(
            version, by=request.user, reason=request.POST.get("reason", "")
        )
    except DomainError as refusal:
        return redraw_version(request, version_id, refusal_text(request, refusal))
    text = _("Asked. Another person must confirm it on the Models page.")
    messages.success(request, text)
    return redraw_version(request, version_id)

"""The off switch and the fallback, as pressed on the pages."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mlops.pages.models.version_views import redraw_version, version_for_page
from mlops.pages.models.views import redraw_models
from mlops.pages.shared.responses import refusal_text
from mlops.serving import fallbacks, off_switch
from preciso.http import AuthedRequest
from training.errors import DomainError


@require_POST
@permission_required("mlops.stop_serving", raise_exception=True)
def stop(request: AuthedRequest) -> HttpResponse:
    try:
        _period, changed = off_switch.stop_serving(
            by=request.user,
            reason=request.POST.get("reason", ""),
            drill=request.POST.get("drill") == "on",
        )
    except DomainError as refusal:
        return redraw_models(request, refusal_text(request, refusal))
    text = _("Serving is stopped already.")
    if changed:
        text = _("Stopped. People decide until somebody starts it again.")
    messages.success(request, text)
    return redraw_models(request)


@require_POST
@permission_required("mlops.start_serving", raise_exception=True)
def start(request: AuthedRequest) -> HttpResponse:
    try:
        period = off_switch.start_serving(
            by=request.user, reason=request.POST.get("reason", "")
        )
    except DomainError as refusal:
        return redraw_models(request, refusal_text(request, refusal))
    text = _("%(version)s serves again.")
    messages.success(request, text % {"version": period.model_version})
    return redraw_models(request)


@require_POST
@permission_required("mlops.stop_serving", raise_exception=True)
def switch_to_fallback(request: AuthedRequest) -> HttpResponse:
    try:
        period, changed = fallbacks.switch_to_fallback(
            by=request.user, reason=request.POST.get("reason", "")
        )
    except DomainError as refusal:
        return redraw_models(request, refusal_text(request, refusal))
    text = _("%(version)s serves already.")
    if changed:
        text = _(
            "%(version)s, the fallback, serves now. Automatic promotion is on hold."
        )
    messages.success(request, text % {"version": period.model_version})
    return redraw_models(request)


@require_POST
@permission_required("mlops.name_fallback", raise_exception=True)
def name_fallback(request: AuthedRequest, version_id: int) -> HttpResponse:
    version = version_for_page(version_id)
    try:
        fallbacks.name_fallback(
            version, by=request.user, reason=request.POST.get("reason", "")
        )
    except DomainError as refusal:
        return redraw_version(request, version_id, refusal_text(request, refusal))
    text = _("%(version)s is the fallback.")
    messages.success(request, text % {"version": version})
    return redraw_version(request, version_id)


@require_POST
@permission_required("mlops.name_fallback", raise_exception=True)
def clear_fallback(request: AuthedRequest, version_id: int) -> HttpResponse:
    version = version_for_page(version_id)
    try:
        fallbacks.clear_fallback(
            version, by=request.user, reason=request.POST.get("reason", "")
        )
    except DomainError as refusal:
        return redraw_version(request, version_id, refusal_text(request, refusal))
    text = _("%(version)s is the fallback no more.")
    messages.success(request, text % {"version": version})
    return redraw_version(request, version_id)

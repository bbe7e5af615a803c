"""Freeze windows on the Models page, and the second person who confirms a switch."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mlops.models import BreakGlass, FreezeWindow
from mlops.pages.models.forms import FreezeForm
from mlops.pages.models.views import FRAGMENT, PAGE, models_context, redraw_models
from mlops.pages.shared.responses import (
    first_error,
    keep_typed,
    refusal_text,
)
from mlops.serving import break_glass, freezes
from preciso.http import AuthedRequest
from training.errors import DomainError


@require_POST
@permission_required("mlops.add_freezewindow", raise_exception=True)
def plan(request: AuthedRequest) -> HttpResponse:
    form = FreezeForm(request.POST)
    if not form.is_valid():
        return _ask_again(request, form, first_error(form))
    try:
        freeze = freezes.plan_freeze(by=request.user, **form.cleaned_data)
    except DomainError as refusal:
        return _ask_again(request, form, refusal_text(request, refusal))
    text = _("The freeze “%(name)s” is planned.")
    messages.success(request, text % {"name": freeze.name})
    return redraw_models(request)


def _ask_again(request: AuthedRequest, form: FreezeForm, problem: str) -> HttpResponse:
    context = {**models_context(), "freeze_form": form}
    return keep_typed(request, PAGE, FRAGMENT, context, problem)


@require_POST
@permission_required("mlops.add_freezewindow", raise_exception=True)
def call_off(request: AuthedRequest, freeze_id: int) -> HttpResponse:
    freeze = get_object_or_404(FreezeWindow, pk=freeze_id)
    try:
        freezes.call_off_freeze(freeze, by=request.user)
    except DomainError as refusal:
        return redraw_models(request, refusal_text(request, refusal))
    text = _("The freeze “%(name)s” is called off.")
    messages.success(request, text % {"name": freeze.name})
    return redraw_models(request)


@require_POST
@permission_required("mlops.confirm_breakglass", raise_exception=True)
def confirm(request: AuthedRequest, request_id: int) -> HttpResponse:
    switch = get_object_or_404(BreakGlass.objects.for_table(), pk=request_id)
    try:
        period = break_glass.confirm_switch(
            switch, by=request.user, answer=request.POST.get("reason", "")
        )
    except DomainError as refusal:
        return redraw_models(request, refusal_text(request, refusal))
    text = _("%(version)s serves now.")
    messages.success(request, text % {"version": period.model_version})
    return redraw_models(request)


@require_POST
@permission_required("mlops.select_version", raise_exception=True)
def refuse(request: AuthedRequest, request_id: int) -> HttpResponse:
    switch = get_object_or_404(BreakGlass.objects.for_table(), pk=request_id)
    try:
        break_glass.refuse_switch(
            switch, by=request.user, answer=request.POST.get("reason", "")
        )
    except DomainError as refusal:
        return redraw_models(request, refusal_text(request, refusal))
    messages.success(request, _("Refused; nothing changed."))
    return redraw_models(request)

"""Freeze windows on the Models page, and the two people who switch in one."""

from collections.abc import Callable
from dataclasses import replace

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mlops.models import BreakGlass, FreezeWindow
from mlops.pages.models.forms import FreezeForm
from mlops.pages.models.views import context, place
from mlops.pages.shared.responses import answer, attempt, first_error, keep_typed
from mlops.pages.shared.typed_reasons import typed_reason
from mlops.serving import break_glass, freezes
from preciso.http import AuthedRequest


@require_POST
@permission_required("mlops.add_freezewindow", raise_exception=True)
def plan(request: AuthedRequest) -> HttpResponse:
    form = FreezeForm(request.POST)

    def act() -> str:
        freeze = freezes.plan_freeze(by=request.user, **form.cleaned_data)
        return _("The freeze “%(name)s” is planned.") % {"name": freeze.name}

    problem = attempt(request, act) if form.is_valid() else first_error(form)
    if not problem:
        return answer(request, place())
    typed = replace(place(), context=lambda: {**context(), "freeze_form": form})
    return keep_typed(request, typed, "mlops/models/page.html", problem)


@require_POST
@permission_required("mlops.add_freezewindow", raise_exception=True)
def call_off(request: AuthedRequest, freeze_id: int) -> HttpResponse:
    freeze = get_object_or_404(FreezeWindow, pk=freeze_id)

    def act() -> str:
        freezes.call_off_freeze(freeze, by=request.user)
        return _("The freeze “%(name)s” is called off.") % {"name": freeze.name}

    return answer(request, place(), attempt(request, act))


def _decide(
    request: AuthedRequest, request_id: int, act: Callable[[BreakGlass, str], str]
) -> HttpResponse:
    asked = get_object_or_404(BreakGlass.objects.for_table(), pk=request_id)
    reason = typed_reason(request)
    problem = attempt(request, lambda: act(asked, reason))
    return answer(request, place(), problem)


@require_POST
@permission_required("mlops.confirm_breakglass", raise_exception=True)
def confirm(request: AuthedRequest, request_id: int) -> HttpResponse:
    def act(asked: BreakGlass, reason: str) -> str:
        period = break_glass.confirm_switch(asked, by=request.user, answer=reason)
        return _("%(version)s serves now.") % {"version": period.model_version}

    return _decide(request, request_id, act)


@require_POST
@permission_required("mlops.select_version", raise_exception=True)
def refuse(request: AuthedRequest, request_id: int) -> HttpResponse:
    def act(asked: BreakGlass, reason: str) -> str:
        break_glass.refuse_switch(asked, by=request.user, answer=reason)
        return _("Refused; nothing changed.")

    return _decide(request, request_id, act)

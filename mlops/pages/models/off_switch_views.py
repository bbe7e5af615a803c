"""The off switch and the fallback, as pressed on the pages."""

from collections.abc import Callable

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mlops.pages.models.version_views import act_on_version
from mlops.pages.models.views import place
from mlops.pages.shared.responses import answer, attempt
from mlops.pages.shared.typed_reasons import typed_reason
from mlops.serving import fallbacks, off_switch
from preciso.http import AuthedRequest


def _switch(request: AuthedRequest, act: Callable[[str], str]) -> HttpResponse:
    """Act for the reason that was typed; the Models page as it is then."""
    reason = typed_reason(request)
    return answer(request, place(), attempt(request, lambda: act(reason)))


@require_POST
@permission_required("mlops.stop_serving", raise_exception=True)
def stop(request: AuthedRequest) -> HttpResponse:
    def act(reason: str) -> str:
        drill = request.POST.get("drill") == "on"
        _period, changed = off_switch.stop_serving(
            by=request.user, reason=reason, drill=drill
        )
        if not changed:
            return _("Serving is stopped already.")
        return _("Stopped. People decide until somebody starts it again.")

    return _switch(request, act)


@require_POST
@permission_required("mlops.start_serving", raise_exception=True)
def start(request: AuthedRequest) -> HttpResponse:
    def act(reason: str) -> str:
        period = off_switch.start_serving(by=request.user, reason=reason)
        return _("%(version)s serves again.") % {"version": period.model_version}

    return _switch(request, act)


@require_POST
@permission_required("mlops.stop_serving", raise_exception=True)
def switch_to_fallback(request: AuthedRequest) -> HttpResponse:
    def act(reason: str) -> str:
        period, changed = fallbacks.switch_to_fallback(by=request.user, reason=reason)
        if not changed:
            return _("%(version)s serves already.") % {"version": period.model_version}
        return _(
            "%(version)s, the fallback, serves now. Automatic promotion is on hold."
        ) % {"version": period.model_version}

    return _switch(request, act)


@require_POST
@permission_required("mlops.name_fallback", raise_exception=True)
def name_fallback(request: AuthedRequest, version_id: int) -> HttpResponse:
    done = _("%(version)s is the fallback.")
    return act_on_version(request, version_id, fallbacks.name_fallback, done)


@require_POST
@permission_required("mlops.name_fallback", raise_exception=True)
def clear_fallback(request: AuthedRequest, version_id: int) -> HttpResponse:
    done = _("%(version)s is the fallback no more.")
    return act_on_version(request, version_id, fallbacks.clear_fallback, done)

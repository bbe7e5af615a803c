"""Settings, switches: what is on, who says so, what it does, who changed it."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from mlops.pages.settings import switches
from mlops.pages.settings.frame import framed, show
from mlops.pages.shared import auto_switch
from mlops.pages.shared.responses import back_to, redraw
from preciso.http import AuthedRequest, wants_fragment

PART = "mlops/settings/_switches.html"


def _context() -> dict[str, Any]:
    return framed(
        "switches",
        PART,
        switches=switches.switches(),
        values=switches.values(),
        history=switches.policy_history(["auto_enabled"]),
    )


@require_GET
@permission_required("training.view_trainingpolicy", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    return show(request, _context())


def _redraw(request: AuthedRequest, problem: str = "") -> HttpResponse:
    """The switches as they are now: redrawn for htmx, by a redirect without it."""
    if not wants_fragment(request):
        return back_to(request, reverse("mlops:settings"), problem)
    return redraw(request, PART, _context(), problem)


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def auto(request: AuthedRequest) -> HttpResponse:
    """Auto on, off, or as the environment says: the word of this page counts more."""
    return _redraw(request, auto_switch.switch_auto(request))

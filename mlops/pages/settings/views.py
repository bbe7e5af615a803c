"""Settings, switches: what is on, who says so, what it does, who changed it."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mlops.pages.settings import switches
from mlops.pages.settings.frame import PAGE, framed
from mlops.pages.shared.responses import Place, answer, attempt
from preciso.http import AuthedRequest, render_either
from training.errors import InvalidInput
from training.services.policy import policies

PART = "mlops/settings/_switches.html"
WISHES = {"on": True, "off": False, "environment": None}


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
    return render_either(request, page=PAGE, fragment=PART, context=_context())


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def auto(request: AuthedRequest) -> HttpResponse:
    """Auto on, off, or as the environment says: the word of this page counts more."""
    wish = request.POST.get("auto", "")

    def act() -> str:
        if wish not in WISHES:
            raise InvalidInput(_("Choose on, off, or as the environment says."))
        policy = policies.change_policy(by=request.user, auto_enabled=WISHES[wish])
        return _("Auto is on.") if policies.is_enabled(policy) else _("Auto is off.")

    place = Place(reverse("mlops:settings"), PART, _context)
    return answer(request, place, attempt(request, act))

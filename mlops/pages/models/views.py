"""Models: what serves, its history as the rollback menu, the versions."""

from typing import Any

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
from mlops.pages.shared.responses import Place, answer, attempt
from mlops.pages.shared.typed_reasons import seen_serving, typed_reason
from mlops.serving import selection
from preciso.http import AuthedRequest, render_either


def context(page: str | None = None) -> dict[str, Any]:
    return {
        "serving": model_versions.serving_card(),
        "production": production.card(),
        "history": model_versions.history(),
        "windows": windows(),
        "freeze_form": FreezeForm(),
        "page_obj": model_versions.versions().get_page(page),
    }


def place() -> Place:
    return Place(reverse("mlops:models"), "mlops/models/_body.html", context)


@require_GET
@permission_required("mlops.view_modelversion", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    return render_either(
        request,
        page="mlops/models/page.html",
        fragment="mlops/models/_body.html",
        context=context(request.GET.get("page")),
    )


@require_GET
@permission_required("mlops.view_modelversion", raise_exception=True)
def new_cases(request: AuthedRequest) -> HttpResponse:
    return render_either(
        request,
        page="mlops/models/new_cases.html",
        fragment="mlops/models/_new_cases.html",
        context={"new_cases": new_cases_card()},
    )


def reason_and_seen(request: AuthedRequest) -> dict[str, Any]:
    """The reason, and which version the person saw serving when they pressed."""
    return {
        "reason": typed_reason(request),
        "expected_current": seen_serving(request),
    }


@require_POST
@permission_required("mlops.select_version", raise_exception=True)
def select(request: AuthedRequest, version_id: int) -> HttpResponse:
    version = get_object_or_404(ModelVersion, pk=version_id)

    def act() -> str:
        _period, changed = selection.select_version(
            version, by=request.user, **reason_and_seen(request)
        )
        if not changed:
            return _("%(version)s serves already.") % {"version": version}
        return _("%(version)s serves now.") % {"version": version}

    return answer(request, place(), attempt(request, act))


@require_POST
@permission_required("mlops.roll_back", raise_exception=True)
def roll_back(request: AuthedRequest) -> HttpResponse:
    def act() -> str:
        period = selection.roll_back(by=request.user, **reason_and_seen(request))
        return _("%(version)s serves again. Automatic promotion is on hold.") % {
            "version": period.model_version
        }

    return answer(request, place(), attempt(request, act))


@require_POST
@permission_required("mlops.release_hold", raise_exception=True)
def release_hold(request: AuthedRequest) -> HttpResponse:
    def act() -> str:
        selection.release_hold(by=request.user, reason=typed_reason(request))
        return _("The hold is lifted.")

    return answer(request, place(), attempt(request, act))

"""One version: how it did, and whether it may serve."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mlops.models import ModelVersion
from mlops.pages.models.four_eyes import eyes_page
from mlops.pages.shared import model_comparison, model_versions
from mlops.pages.shared.responses import Place, answer, attempt
from mlops.pages.shared.typed_reasons import typed_reason
from mlops.serving import break_glass, model_registry, withdrawals
from preciso.http import AuthedRequest, render_either


@require_GET
@permission_required("mlops.view_modelversion", raise_exception=True)
def one(request: AuthedRequest, version_id: int) -> HttpResponse:
    return render_either(
        request,
        page="mlops/models/version.html",
        fragment="mlops/models/_version.html",
        context=_context(request, _found(version_id)),
    )


def _found(version_id: int) -> ModelVersion:
    return get_object_or_404(ModelVersion.objects.for_table(), pk=version_id)


def _context(request: AuthedRequest, version: ModelVersion) -> dict[str, Any]:
    return {
        **model_versions.version_page(version),
        **model_comparison.beside(version),
        **eyes_page(version, request.user),
    }


def act_on_version(
    request: AuthedRequest, version_id: int, verb: Callable[..., object], done: str
) -> HttpResponse:
    """Act on a version for the reason that was typed; its page as it is then."""
    version = _found(version_id)
    reason = typed_reason(request)

    def act() -> str:
        verb(version, by=request.user, reason=reason)
        return done % {"version": version}

    return answer(request, _place(request, version_id), attempt(request, act))


def _place(request: AuthedRequest, version_id: int) -> Place:
    return Place(
        reverse("mlops:model", args=[version_id]),
        "mlops/models/_version.html",
        lambda: _context(request, _found(version_id)),
    )


@require_POST
@permission_required("mlops.select_version", raise_exception=True)
def recheck(request: AuthedRequest, version_id: int) -> HttpResponse:
    """Look at the files again: present, unchanged, loadable."""
    version = _found(version_id)

    def act() -> str:
        model_registry.check_version(version)
        return _("%(version)s was checked again.") % {"version": version}

    return answer(request, _place(request, version_id), attempt(request, act))


@require_POST
@permission_required("mlops.select_version", raise_exception=True)
def accept_withdrawn(request: AuthedRequest, version_id: int) -> HttpResponse:
    done = _("%(version)s may serve all the same.")
    return act_on_version(request, version_id, withdrawals.accept_withdrawn, done)


@require_POST
@permission_required("mlops.quarantine_modelversion", raise_exception=True)
def quarantine(request: AuthedRequest, version_id: int) -> HttpResponse:
    done = _("%(version)s is in quarantine.")
    return act_on_version(request, version_id, model_registry.quarantine, done)


@require_POST
@permission_required("mlops.quarantine_modelversion", raise_exception=True)
def lift_quarantine(request: AuthedRequest, version_id: int) -> HttpResponse:
    done = _("The quarantine of %(version)s is lifted.")
    return act_on_version(request, version_id, model_registry.release_quarantine, done)


@require_POST
@permission_required("mlops.select_version", raise_exception=True)
def ask_to_switch(request: AuthedRequest, version_id: int) -> HttpResponse:
    """Where one person may not: ask that a second one confirms."""
    done = _("Asked. Another person must confirm it on the Models page.")
    return act_on_version(request, version_id, break_glass.request_switch, done)

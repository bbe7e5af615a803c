"""A rehearsal: what would change if this version served."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mlops.models import ModelVersion
from mlops.pages.models.four_eyes import eyes_page
from mlops.pages.shared.model_versions import serving_card
from mlops.pages.shared.responses import Place, answer, attempt
from mlops.serving import rehearsals
from mlops.serving.rehearsal_report import fresh_rehearsal, rehearsal_page
from preciso.http import AuthedRequest, render_either


@require_GET
@permission_required("mlops.view_rehearsal", raise_exception=True)
def page(request: AuthedRequest, version_id: int) -> HttpResponse:
    target = get_object_or_404(ModelVersion.objects.for_table(), pk=version_id)
    return render_either(
        request,
        page="mlops/models/rehearsal.html",
        fragment="mlops/models/_rehearsal.html",
        context={
            **rehearsal_page(target),
            **eyes_page(target, request.user),
            "serving": serving_card(),
        },
    )


@require_POST
@permission_required("mlops.rehearse", raise_exception=True)
def rehearse(request: AuthedRequest, version_id: int) -> HttpResponse:
    """Try it; the result appears where it was pressed, or on the page of its own."""
    target = get_object_or_404(ModelVersion.objects.for_table(), pk=version_id)

    def act() -> str:
        rehearsals.rehearse(target, by=request.user)
        return _("%(version)s was rehearsed. Nothing was switched.") % {
            "version": target
        }

    place = Place(
        reverse("mlops:model-rehearsal", args=[target.pk]),
        "mlops/models/_tried.html",
        lambda: fresh_rehearsal(target),
    )
    return answer(request, place, attempt(request, act))

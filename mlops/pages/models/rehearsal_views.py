"""A rehearsal: what would change if this version served."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mlops.models import ModelVersion
from mlops.pages.models.four_eyes import eyes_page
from mlops.pages.shared.model_versions import serving_card
from mlops.pages.shared.responses import back_to, redraw, refusal_text
from mlops.serving import rehearsals
from mlops.serving.rehearsal_report import fresh_rehearsal, rehearsal_page
from preciso.http import AuthedRequest, render_either, wants_fragment
from training.errors import DomainError


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
    """Rehearse it; the result appears where it was pressed, or on its own page."""
    target = get_object_or_404(ModelVersion.objects.for_table(), pk=version_id)
    problem = ""
    try:
        rehearsals.rehearse(target, by=request.user)
    except DomainError as refusal:
        problem = refusal_text(request, refusal)
    else:
        text = _("%(version)s was rehearsed. Nothing was switched.")
        messages.success(request, text % {"version": target})
    if not wants_fragment(request):
        url = reverse("mlops:model-rehearsal", args=[target.pk])
        return back_to(request, url, problem)
    return redraw(request, "mlops/models/_tried.html", fresh_rehearsal(target), problem)

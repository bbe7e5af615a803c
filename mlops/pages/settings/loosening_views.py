"""Settings, four eyes: what one person wants to loosen, another one decides."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mlops.pages.settings.rule_groups import RULE_GROUPS
from mlops.pages.settings.rule_views import redraw_group
from mlops.pages.shared.loosening import FOUR_EYES_GROUP
from mlops.pages.shared.responses import refusal_text
from preciso.http import AuthedRequest
from training.errors import DomainError
from training.models import Loosening
from training.services.policy.loosening import confirm_loosening, decline_loosening

FOUR_EYES = RULE_GROUPS[FOUR_EYES_GROUP]


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def confirm(request: AuthedRequest, loosening_id: int) -> HttpResponse:
    loosening = get_object_or_404(Loosening.objects.for_table(), pk=loosening_id)
    reason = request.POST.get("reason", "")
    try:
        confirm_loosening(loosening, by=request.user, answer=reason)
    except DomainError as refusal:
        return redraw_group(request, FOUR_EYES, refusal_text(request, refusal))
    messages.success(request, _("Confirmed. It applies from now on."))
    return redraw_group(request, FOUR_EYES)


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def decline(request: AuthedRequest, loosening_id: int) -> HttpResponse:
    loosening = get_object_or_404(Loosening.objects.for_table(), pk=loosening_id)
    reason = request.POST.get("reason", "")
    try:
        decline_loosening(loosening, by=request.user, answer=reason)
    except DomainError as refusal:
        return redraw_group(request, FOUR_EYES, refusal_text(request, refusal))
    messages.success(request, _("Declined; the rule stays."))
    return redraw_group(request, FOUR_EYES)

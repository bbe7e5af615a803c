"""Settings, four eyes: what one person wants to loosen, another one decides."""

from collections.abc import Callable

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mlops.pages.settings.rule_forms import RULE_GROUPS
from mlops.pages.settings.rule_views import place
from mlops.pages.shared.responses import answer, attempt
from mlops.pages.shared.typed_reasons import typed_reason
from preciso.http import AuthedRequest
from training.models import Loosening
from training.services.policy import loosening

FOUR_EYES = next(group for group in RULE_GROUPS.values() if group.is_four_eyes)


def _decide(
    request: AuthedRequest, asked_id: int, act: Callable[[Loosening, str], str]
) -> HttpResponse:
    asked = get_object_or_404(Loosening.objects.for_table(), pk=asked_id)
    said = typed_reason(request)
    problem = attempt(request, lambda: act(asked, said))
    return answer(request, place(FOUR_EYES, request.user), problem)


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def confirm(request: AuthedRequest, asked_id: int) -> HttpResponse:
    def act(asked: Loosening, said: str) -> str:
        loosening.confirm_loosening(asked, by=request.user, answer=said)
        return _("Confirmed. It holds from now on.")

    return _decide(request, asked_id, act)


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def decline(request: AuthedRequest, asked_id: int) -> HttpResponse:
    def act(asked: Loosening, said: str) -> str:
        loosening.decline_loosening(asked, by=request.user, answer=said)
        return _("Declined; the rule stays.")

    return _decide(request, asked_id, act)

"""The overview: the loop at a glance."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from mlops.selectors import models, next_step, overview
from preciso.http import AuthedRequest, render_either


@require_GET
@permission_required("training.view_case", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    context = {
        "serving": models.serving_card(),
        "loop": overview.loop(),
        "days": overview.decisions_per_day(),
        "events": overview.recent_events(),
        "waiting": next_step.waiting(),
        "step": next_step.next_step(request.user),
    }
    return render_either(
        request,
        page="mlops/overview/page.html",
        fragment="mlops/overview/_body.html",
        context=context,
    )

"""The overview: the loop at a glance."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from mlops.pages.overview import figures, next_step
from mlops.pages.shared import model_versions
from preciso.http import AuthedRequest, render_either


@require_GET
@permission_required("training.view_case", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    context = {
        "serving": model_versions.serving_card(),
        "loop": figures.loop(),
        "days": figures.decisions_per_day(),
        "events": figures.recent_events(),
        "waiting": next_step.waiting(),
        "step": next_step.next_step(request.user),
    }
    return render_either(
        request,
        page="mlops/overview/page.html",
        fragment="mlops/overview/_body.html",
        context=context,
    )

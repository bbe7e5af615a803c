"""A withdrawn sample: train again without it."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mlops.pages.approvals.case_views import case_place
from mlops.pages.shared.responses import answer, attempt
from preciso.http import AuthedRequest
from training.models import Case
from training.services.cases import influence


@require_POST
@permission_required("training.train", raise_exception=True)
@permission_required("training.seal_datasetversion", raise_exception=True)
@permission_required("training.view_case", raise_exception=True)
def seal_without(request: AuthedRequest, case_id: int) -> HttpResponse:
    """Leave a withdrawn sample behind: seal the dataset without it, and train."""
    case = get_object_or_404(Case, pk=case_id)

    def act() -> str:
        run = influence.seal_without(case, by=request.user)
        return _("Submitted without %(case)s: job %(job)s.") % {
            "case": case,
            "job": run.job_id,
        }

    return answer(request, case_place(request, case), attempt(request, act))

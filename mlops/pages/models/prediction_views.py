"""One recorded answer of a model: which version gave it, and what is behind that."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mlops.models import Prediction
from mlops.pages.models.prediction_page import answer_page
from preciso.api_fields import as_id
from preciso.http import AuthedRequest, render_either


@require_GET
@permission_required("mlops.view_prediction", raise_exception=True)
def one(request: AuthedRequest, answer_id: int) -> HttpResponse:
    answer = get_object_or_404(Prediction.objects.select_related("by"), pk=answer_id)
    return render_either(
        request,
        page="mlops/models/answer.html",
        fragment="mlops/models/_recorded.html",
        context=answer_page(answer),
    )


@require_GET
@permission_required("mlops.view_prediction", raise_exception=True)
def find(request: AuthedRequest) -> HttpResponse:
    """To the answer with the number that was typed, or back with a sentence."""
    typed = request.GET.get("number", "").strip()
    number = as_id(typed)
    if number is None or not Prediction.objects.filter(pk=number).exists():
        messages.error(
            request,
            _("There is no recorded answer %(number)s.") % {"number": typed[:30]},
        )
        return redirect("mlops:models")
    return redirect("mlops:answer", number)

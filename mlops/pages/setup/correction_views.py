"""Setup: what a wrong clock stamped in the future, put right by a person."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mlops.pages.ops import views
from mlops.pages.shared.act_forms import PutRightForm
from mlops.pages.shared.responses import Place, answer, attempt, first_error, keep_typed
from mlops.serving.period_corrections import put_periods_right
from preciso.http import AuthedRequest


@require_POST
@permission_required("mlops.put_periods_right", raise_exception=True)
def put_right(request: AuthedRequest) -> HttpResponse:
    form = PutRightForm(request.POST)

    def act() -> str:
        put_periods_right(by=request.user, **form.cleaned_data)
        return _("Put right. The history tells it, and switching is possible again.")

    def context() -> dict[str, Any]:
        return {**views.checks(request), "put_right_form": form}

    problem = attempt(request, act) if form.is_valid() else first_error(form)
    place = Place(reverse("mlops:setup"), "mlops/setup/_body.html", context)
    if problem:
        return keep_typed(request, place, "mlops/setup/page.html", problem)
    return answer(request, place)

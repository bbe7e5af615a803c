"""Setup: what an installation still needs; what a wrong clock stamped, put right."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mlops import health
from mlops.pages.setup.forms import PutRightForm
from mlops.pages.shared import system_status
from mlops.pages.shared.responses import Place, answer, attempt, first_error, keep_typed
from mlops.serving.period_corrections import periods_in_future, put_periods_right
from preciso.http import AuthedRequest, render_either


def checks(request: AuthedRequest) -> dict[str, Any]:
    found = health.run_checks()
    failing = [check for check in found if not check.ok]
    groups = [
        (severity, [check for check in failing if check.severity == severity])
        for severity in (health.BLOCKER, health.WARNING, health.INFO)
    ]
    return {
        "groups": [(system_status.GROUPS[name], rows) for name, rows in groups if rows],
        "failing": failing,
        "fine": [check for check in found if check.ok],
        "blockers": sum(check.blocks for check in found),
        "severity": system_status.SEVERITY,
        "fixes": system_status.fix_urls(request.user, [check.key for check in failing]),
        "support": health.for_support(found),
        "put_right_form": PutRightForm() if periods_in_future() else None,
    }


@require_GET
@permission_required("training.view_pipelinejob", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    return render_either(
        request,
        page="mlops/setup/page.html",
        fragment="mlops/setup/_body.html",
        context=checks(request),
    )


@require_POST
@permission_required("mlops.put_periods_right", raise_exception=True)
def put_right(request: AuthedRequest) -> HttpResponse:
    form = PutRightForm(request.POST)

    def act() -> str:
        put_periods_right(by=request.user, **form.cleaned_data)
        return _("Put right. The history tells it, and switching is possible again.")

    def context() -> dict[str, Any]:
        return {**checks(request), "put_right_form": form}

    problem = attempt(request, act) if form.is_valid() else first_error(form)
    place = Place(reverse("mlops:setup"), "mlops/setup/_body.html", context)
    if problem:
        return keep_typed(request, place, "mlops/setup/page.html", problem)
    return answer(request, place)

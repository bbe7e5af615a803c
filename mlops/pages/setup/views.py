"""Setup: what an installation still needs; what a wrong clock stamped, put right."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mlops import health
from mlops.pages.setup.forms import PutRightForm
from mlops.pages.shared import system_status
from mlops.pages.shared.responses import (
    back_to,
    first_error,
    keep_typed,
    redraw,
    refusal_text,
)
from mlops.serving.period_corrections import periods_in_future, put_periods_right
from preciso.http import AuthedRequest, render_either, wants_fragment
from training.errors import DomainError

PAGE, FRAGMENT = "mlops/setup/page.html", "mlops/setup/_body.html"


def _context(request: AuthedRequest) -> dict[str, Any]:
    checks = health.run_checks()
    failing = [check for check in checks if not check.ok]
    groups = [
        (severity, [check for check in failing if check.severity == severity])
        for severity in (health.BLOCKER, health.WARNING, health.INFO)
    ]
    return {
        "groups": [(system_status.GROUPS[name], rows) for name, rows in groups if rows],
        "failing": failing,
        "fine": [check for check in checks if check.ok],
        "blockers": sum(check.blocks for check in checks),
        "severity": system_status.SEVERITY,
        "fixes": system_status.fix_urls(request.user, [check.key for check in failing]),
        "support": health.for_support(checks),
        "put_right_form": PutRightForm() if periods_in_future() else None,
    }


@require_GET
@permission_required("training.view_pipelinejob", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    context = _context(request)
    return render_either(request, page=PAGE, fragment=FRAGMENT, context=context)


@require_POST
@permission_required("mlops.put_periods_right", raise_exception=True)
def put_right(request: AuthedRequest) -> HttpResponse:
    form = PutRightForm(request.POST)
    problem = "" if form.is_valid() else first_error(form)
    if not problem:
        try:
            put_periods_right(by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            problem = refusal_text(request, refusal)
    if problem:
        context = _context(request) | {"put_right_form": form}
        return keep_typed(request, PAGE, FRAGMENT, context, problem)
    messages.success(
        request, _("Corrected. The history says so, and switching is possible again.")
    )
    if not wants_fragment(request):
        return back_to(request, reverse("mlops:setup"))
    return redraw(request, FRAGMENT, _context(request))

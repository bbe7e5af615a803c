"""The ops console and the setup page: what needs a person, and how to fix it."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from mlops import health
from mlops.selectors import dead_letters, ops
from preciso.http import AuthedRequest, render_either


@require_GET
@permission_required("training.view_pipelinejob", raise_exception=True)
def console(request: AuthedRequest) -> HttpResponse:
    context = {
        "problems": [c for c in health.run_checks() if not c.ok],
        "bad_ends": dead_letters.bad_ends(),
        "dead_count": dead_letters.count(),
        "hold": ops.hold(),
        "queue": ops.queue(),
        "workers": ops.workers(),
        "mirror": ops.mirror(),
        "chain": ops.chain(),
        "severity": ops.SEVERITY,
    }
    return render_either(
        request,
        page="mlops/ops/page.html",
        fragment="mlops/ops/_body.html",
        context=context,
    )


def _checks() -> dict[str, Any]:
    checks = health.run_checks()
    return {
        "failing": [c for c in checks if not c.ok],
        "fine": [c for c in checks if c.ok],
        "blockers": sum(not c.ok and c.severity == "blocker" for c in checks),
        "severity": ops.SEVERITY,
    }


@require_GET
@permission_required("training.view_pipelinejob", raise_exception=True)
def setup(request: AuthedRequest) -> HttpResponse:
    return render_either(
        request,
        page="mlops/setup/page.html",
        fragment="mlops/setup/_body.html",
        context=_checks(),
    )

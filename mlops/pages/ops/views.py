"""The ops console: what needs a person, and how the machinery is."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from mlops import health
from mlops.pages.shared import dead_letters, system_status
from preciso.http import AuthedRequest, render_either


@require_GET
@permission_required("training.view_pipelinejob", raise_exception=True)
def console(request: AuthedRequest) -> HttpResponse:
    problems = [check for check in health.run_checks() if not check.ok]
    keys = [check.key for check in problems]
    bad_ends, hold = dead_letters.bad_ends(), system_status.hold()
    agree_too_little = "agreement" in keys
    context = {
        "problems": problems,
        "fixes": system_status.fix_urls(
            request.user, [check.key for check in problems]
        ),
        "way_back": system_status.way_back() if agree_too_little else None,
        "bad_ends": bad_ends,
        "dead_count": dead_letters.count(),
        "hold": hold,
        "is_calm": not (bad_ends or hold or any(map(_presses, problems))),
        "queue": system_status.queue(),
        "workers": system_status.workers(),
        "room": system_status.room(),
        "mirror": system_status.mirror(),
        "chain": system_status.chain(),
        "emergency": system_status.emergency(),
        "severity": system_status.SEVERITY,
    }
    return render_either(
        request,
        page="mlops/ops/page.html",
        fragment="mlops/ops/_body.html",
        context=context,
    )


def _presses(check: health.Check) -> bool:
    return check.severity != health.INFO

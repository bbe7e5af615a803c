"""The ops console: what needs a person, and how the machinery is."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from mlops import health
from mlops.pages.shared import dead_letters, machinery
from preciso.http import AuthedRequest, render_either


@require_GET
@permission_required("training.view_pipelinejob", raise_exception=True)
def console(request: AuthedRequest) -> HttpResponse:
    problems = [check for check in health.run_checks() if not check.ok]
    bad_ends, hold = dead_letters.bad_ends(), machinery.hold()
    agree_too_little = any(check.key == "agreement" for check in problems)
    context = {
        "problems": problems,
        "fixes": machinery.fix_urls(request.user, [check.key for check in problems]),
        "way_back": machinery.way_back() if agree_too_little else None,
        "bad_ends": bad_ends,
        "dead_count": dead_letters.count(),
        "hold": hold,
        "is_calm": not (bad_ends or hold or any(map(_presses, problems))),
        "queue": machinery.queue(),
        "workers": machinery.workers(),
        "room": machinery.room(),
        "mirror": machinery.mirror(),
        "chain": machinery.chain(),
        "emergency": machinery.emergency(),
        "severity": machinery.SEVERITY,
    }
    return render_either(
        request,
        page="mlops/ops/page.html",
        fragment="mlops/ops/_body.html",
        context=context,
    )


def _presses(check: health.Check) -> bool:
    return check.severity != health.INFO

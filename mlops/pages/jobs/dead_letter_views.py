"""Dead letters by reason and kind: retry a group, or put it aside."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from mlops.pages.shared import dead_letters, job_lists
from mlops.pages.shared.responses import back_to, redraw, refusal_text
from preciso.http import AuthedRequest, render_either, wants_fragment
from training.errors import DomainError
from training.services.runs.job_actions import (
    GroupResult,
    discard_dead_letters,
    retry_dead_letters,
)

LISTED_REFUSALS = 3
FRAGMENT = "mlops/jobs/_dead_letters.html"


def _context() -> dict[str, Any]:
    groups = dead_letters.groups()
    return {
        "groups": groups,
        "total": sum(group.count for group in groups),
        "aside_count": dead_letters.count_put_aside(),
        "aside_url": job_lists.url(**dead_letters.ASIDE),
        "all_url": job_lists.url(**dead_letters.DEAD),
    }


def _redraw(request: AuthedRequest, problem: str = "") -> HttpResponse:
    """The groups as they are now: redrawn for htmx, by a redirect without it."""
    if not wants_fragment(request):
        return back_to(request, reverse("mlops:job-dead-letters"), problem)
    return redraw(request, FRAGMENT, _context(), problem)


@require_GET
@permission_required("training.view_pipelinejob", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    return render_either(
        request,
        page="mlops/jobs/dead_letters.html",
        fragment=FRAGMENT,
        context=_context(),
    )


@require_http_methods(["GET", "POST"])
@permission_required("training.retry_pipelinejob", raise_exception=True)
def retry(request: AuthedRequest) -> HttpResponse:
    """GET asks, stating the number; POST retries if the number is still the same."""
    if request.method != "POST":
        return _confirm(request, "mlops/jobs/_retry_group.html")
    try:
        result = retry_dead_letters(**_chosen_group(request), by=request.user)
    except DomainError as refusal:
        return _redraw(request, refusal_text(request, refusal))
    text = ngettext(
        "%(n)d job waits for a worker again.",
        "%(n)d jobs wait for a worker again.",
        result.done,
    )
    return _report(request, result, text % {"n": result.done})


@require_http_methods(["GET", "POST"])
@permission_required("training.retry_pipelinejob", raise_exception=True)
def put_aside(request: AuthedRequest) -> HttpResponse:
    """GET asks, stating the number; POST puts aside if it is still the same."""
    if request.method != "POST":
        return _confirm(request, "mlops/jobs/_put_group_aside.html")
    try:
        result = discard_dead_letters(**_chosen_group(request), by=request.user)
    except DomainError as refusal:
        return _redraw(request, refusal_text(request, refusal))
    text = ngettext("%(n)d job is put aside.", "%(n)d jobs are put aside.", result.done)
    return _report(request, result, text % {"n": result.done})


def _confirm(request: AuthedRequest, question: str) -> HttpResponse:
    """The page that asks; ``question`` is the template of what it asks."""
    code, kind = request.GET.get("reason", ""), request.GET.get("kind", "")
    group = dead_letters.group(code, kind)
    if group is None:
        messages.info(request, _("There is no such dead letter any more."))
        return redirect("mlops:job-dead-letters")
    context = {"group": group, "question": question, "is_question": True}
    return render(request, "mlops/jobs/dead_letters_confirm.html", context)


def _chosen_group(request: AuthedRequest) -> dict[str, Any]:
    """The group that was confirmed, and how many jobs the person saw in it."""
    count = request.POST.get("expected", "")
    return {
        "reason": request.POST.get("reason", ""),
        "kind": request.POST.get("kind", ""),
        "expected": int(count) if count.isdecimal() and len(count) < 10 else None,
    }


def _report(request: AuthedRequest, result: GroupResult, text: str) -> HttpResponse:
    """The page with what was done, and why some jobs stayed: the first few reasons."""
    problem = " ".join(result.refused[:LISTED_REFUSALS])
    more = len(result.refused) - LISTED_REFUSALS
    if more > 0:
        rest = ngettext("And %(n)d more.", "And %(n)d more.", more) % {"n": more}
        problem = f"{problem} {rest}"
    if not result.done:
        return _redraw(request, problem or _("There is no such dead letter any more."))
    if problem:
        messages.warning(request, problem)
    messages.success(request, text)
    return _redraw(request)

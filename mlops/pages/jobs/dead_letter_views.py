"""Dead letters by reason and kind: retry a group, or put it aside."""

from collections.abc import Callable
from dataclasses import dataclass
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
from mlops.pages.shared.responses import Place, answer, attempt
from preciso.http import AuthedRequest, render_either
from training.errors import NotAllowedNow
from training.services.runs.job_actions import (
    GroupResult,
    discard_dead_letters,
    retry_dead_letters,
)

SHOWN_REFUSALS = 3
FRAGMENT = "mlops/jobs/_dead_letters.html"


@dataclass(frozen=True)
class Verb:
    """What can be done to a whole group, and how its page asks before."""

    act: Callable[..., GroupResult]
    said: Callable[[int], str]
    question: str


def _retried(n: int) -> str:
    said = ngettext(
        "%(n)d job waits for a worker again.", "%(n)d jobs wait for a worker again.", n
    )
    return said % {"n": n}


def _put_aside(n: int) -> str:
    return ngettext("%(n)d job is put aside.", "%(n)d jobs are put aside.", n) % {
        "n": n
    }


RETRY = Verb(retry_dead_letters, _retried, "mlops/jobs/_retry_group.html")
PUT_ASIDE = Verb(discard_dead_letters, _put_aside, "mlops/jobs/_put_group_aside.html")


def _context() -> dict[str, Any]:
    found = dead_letters.groups()
    return {
        "groups": found,
        "total": sum(group.count for group in found),
        "aside_count": dead_letters.count_put_aside(),
        "aside_url": job_lists.url(**dead_letters.ASIDE),
        "all_url": job_lists.url(**dead_letters.DEAD),
    }


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
    return _ask_or_do(request, RETRY)


@require_http_methods(["GET", "POST"])
@permission_required("training.retry_pipelinejob", raise_exception=True)
def put_aside(request: AuthedRequest) -> HttpResponse:
    return _ask_or_do(request, PUT_ASIDE)


def _ask_or_do(request: AuthedRequest, verb: Verb) -> HttpResponse:
    """GET asks, stating the number; POST does it if the number is still the same."""
    if request.method == "POST":
        return _do(request, verb)
    code, kind = request.GET.get("reason", ""), request.GET.get("kind", "")
    group = dead_letters.group(code, kind)
    if group is None:
        messages.info(request, _("There is no such dead letter any more."))
        return redirect("mlops:job-dead-letters")
    context = {"group": group, "question": verb.question, "is_question": True}
    return render(request, "mlops/jobs/dead_letters_confirm.html", context)


def _do(request: AuthedRequest, verb: Verb) -> HttpResponse:
    shown = request.POST.get("expected", "")

    def act() -> str:
        result = verb.act(
            reason=request.POST.get("reason", ""),
            kind=request.POST.get("kind", ""),
            by=request.user,
            expected=int(shown) if shown.isdecimal() and len(shown) < 10 else None,
        )
        refused = _refusals(result.refused)
        if not result.done:
            raise NotAllowedNow(refused or _("There is no such dead letter any more."))
        if refused:
            messages.warning(request, refused)
        return verb.said(result.done)

    place = Place(reverse("mlops:job-dead-letters"), FRAGMENT, _context)
    return answer(request, place, attempt(request, act))


def _refusals(refused: list[str]) -> str:
    """Why some stayed; of many, the first few and how many more."""
    said = " ".join(refused[:SHOWN_REFUSALS])
    more = len(refused) - SHOWN_REFUSALS
    if more <= 0:
        return said
    rest = ngettext("And %(n)d more.", "And %(n)d more.", more) % {"n": more}
    return f"{said} {rest}"

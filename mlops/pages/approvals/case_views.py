"""One case: who has it open, and what a reviewer presses there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import push_url

from mlops.pages.approvals import case_page
from mlops.pages.approvals.forms import OutcomeForm, ReviewForm
from mlops.pages.shared import inbox
from mlops.pages.shared.case_lists import CaseList
from mlops.pages.shared.reading_time import kept_opening, measured, opening
from mlops.pages.shared.responses import (
    LAST,
    Place,
    answer,
    attempt,
    first_error,
    keep_typed,
)
from preciso.http import AuthedRequest, render_either, wants_fragment
from training.choices import ReviewSource
from training.errors import StaleState
from training.models import Case, Review
from training.models.accounts import name_of
from training.services.cases import approvals, claims
from training.services.cases import undo as undoing
from training.services.cases.intake import record_outcome

TYPED = ("confidence", "rationale", "other", "reasoning")
STAYS = "stays_on_case"  # kept in the session, as is LAST
Verb = Callable[..., Review]
Act = Callable[[], str | Promise]


def _context(request: AuthedRequest, case: Case) -> dict[str, Any]:
    wish = CaseList(request.user, request.GET.dict())
    return {
        **case_page.case_page(case, reader=request.user, wish=wish),
        "last": inbox.last_decided(request.session.get(LAST)),
        "stays": request.session.get(STAYS, False),
        "opened": opening(case, request.user),
    }


@require_GET
@permission_required("training.view_case", raise_exception=True)
def one(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = get_object_or_404(Case, pk=case_id)
    return render_either(
        request,
        page="mlops/approvals/case.html",
        fragment="mlops/approvals/_case.html",
        context=_context(request, case),
    )


def _case_as_seen(request: AuthedRequest, case_id: int) -> Case:
    """The case as the page showed it.

    Its status moves only while the content is the one seen: a decision never lands
    on facts that were corrected after the page was drawn.
    """
    case = get_object_or_404(Case, pk=case_id)
    case.content_sha256 = request.POST.get("seen") or case.content_sha256
    return case


def case_place(request: AuthedRequest, case: Case) -> Place:
    """The case within the list that the person works through."""
    wish = CaseList(request.user, request.GET.dict())
    return Place(
        reverse("mlops:case", args=[case.pk]) + wish.query,
        "mlops/approvals/_case.html",
        lambda: _context(request, case),
    )


def _show(request: AuthedRequest, case: Case) -> HttpResponse:
    """A case that may be another than the page showed: its address goes along."""
    place = case_place(request, case)
    response = answer(request, place)
    if not wants_fragment(request):
        return response
    response["HX-Reswap"] = "innerHTML show:window:top"
    return push_url(response, place.url)


def _refuse(request: AuthedRequest, case: Case, problem: str) -> HttpResponse:
    """The case as it is now, with what was typed still there."""
    case.refresh_from_db()
    shown = {
        **_context(request, case),
        "typed": {name: request.POST.get(name, "") for name in TYPED},
        # The reading goes on where it was, while it is the same content.
        **kept_opening(request.POST, case, request.user),
    }
    place = replace(case_place(request, case), context=lambda: shown)
    return keep_typed(request, place, "mlops/approvals/case.html", problem)


def _decide(request: AuthedRequest, case: Case, act: Act) -> HttpResponse:
    """Do it, unless somebody else has the case open and nobody asked yet; go on."""
    problem = _asks_first(request, case) or attempt(
        request, act, lambda: _undo_url(request, case)
    )
    if problem:
        return _refuse(request, case, problem)
    case.refresh_from_db()
    claims.release_case(case)
    request.session[LAST] = case.pk
    wish = CaseList(request.user, request.GET.dict())
    stays = request.session.get(STAYS)
    following = None if stays else inbox.next_case(request.user, wish, after=case.pk)
    return _show(request, following or case)


def _asks_first(request: AuthedRequest, case: Case) -> str:
    """The question, or "" where nobody has it open or the person was told who has."""
    held = claims.open_with(case, reader=request.user)
    if held is None or request.POST.get("anyway") == str(held.by_id):
        return ""
    who = name_of(held.by)
    said = _("%(who)s has this case open. Press again to decide it all the same.")
    return said % {"who": who}


@require_POST
@permission_required("training.review_case", raise_exception=True)
def approve(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = _case_as_seen(request, case_id)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _refuse(request, case, first_error(form))
    verdict = approvals.Verdict(
        decision=form.chosen,
        rationale=form.cleaned_data["rationale"],
        reasoning=form.cleaned_data["reasoning"],
        confidence=form.confidence_value,
        attention=measured(request.POST, case, request.user),
    )

    def act() -> str:
        approvals.approve_case(case, verdict, by=request.user, source=ReviewSource.PAGE)
        if not case.decision:
            return _("%(case)s: a second reviewer decides.") % {"case": case}
        return _("%(case)s: %(decision)s.") % {"case": case, "decision": case.decision}

    return _decide(request, case, act)


def _undo_url(request: AuthedRequest, case: Case) -> str:
    """Where the decision just made is undone; "" where one key cannot do it."""
    if undoing.undo_until(case) is None:
        return ""
    wish = CaseList(request.user, request.GET.dict())
    return reverse("mlops:case-undo", args=[case.pk]) + wish.query


def _closing(
    request: AuthedRequest, case_id: int, verb: Verb, done: str
) -> HttpResponse:
    """Reject and send back differ in the service they call."""
    case = _case_as_seen(request, case_id)
    reasoning = request.POST.get("reasoning", "").strip()
    attention = measured(request.POST, case, request.user)

    def act() -> str:
        verb(
            case,
            by=request.user,
            reasoning=reasoning,
            source=ReviewSource.PAGE,
            attention=attention,
        )
        return done % {"case": case}

    return _decide(request, case, act)


@require_POST
@permission_required("training.review_case", raise_exception=True)
def reject(request: AuthedRequest, case_id: int) -> HttpResponse:
    done = _("%(case)s is rejected.")
    return _closing(request, case_id, approvals.reject_case, done)


@require_POST
@permission_required("training.review_case", raise_exception=True)
def send_back(request: AuthedRequest, case_id: int) -> HttpResponse:
    done = _("%(case)s is sent back.")
    return _closing(request, case_id, approvals.request_changes, done)


def _taking_back(request: AuthedRequest, case: Case, act: Act) -> HttpResponse:
    problem = attempt(request, act)
    if problem:
        return _refuse(request, case, problem)
    case.refresh_from_db()
    return _show(request, case)


@require_POST
@permission_required("training.review_case", raise_exception=True)
def withdraw(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = _case_as_seen(request, case_id)
    reasoning = request.POST.get("reasoning", "").strip()

    def act() -> str:
        approvals.withdraw_approval(
            case, by=request.user, reasoning=reasoning, source=ReviewSource.PAGE
        )
        return _("The approval of %(case)s is withdrawn.") % {"case": case}

    return _taking_back(request, case, act)


@require_POST
@permission_required("training.review_case", raise_exception=True)
def undo(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = _case_as_seen(request, case_id)

    def act() -> str:
        undoing.undo_decision(case, by=request.user)
        return _("Undone: %(case)s waits for a decision again.") % {"case": case}

    return _taking_back(request, case, act)


@require_POST
@permission_required("training.review_case", raise_exception=True)
def claim(request: AuthedRequest, case_id: int) -> HttpResponse:
    """The open page asks for this at once and every minute while it is looked at."""
    case = get_object_or_404(Case, pk=case_id)
    wish = CaseList(request.user, request.GET.dict())
    context: dict[str, Any] = {"case": case, "wish": wish, "polls": True}
    try:
        held = claims.claim_case(case, by=request.user)
        context["held"] = held if held.by != request.user else None
    except StaleState:
        context.update(polls=False, is_decided=True)
    place = replace(
        case_place(request, case),
        fragment="mlops/approvals/_claim.html",
        context=lambda: context,
    )
    return answer(request, place)


@require_POST
@permission_required("training.review_case", raise_exception=True)
def take_over(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = get_object_or_404(Case, pk=case_id)

    def act() -> str:
        claims.take_over(case, by=request.user)
        return _("You have %(case)s open now.") % {"case": case}

    return answer(request, case_place(request, case), attempt(request, act))


@require_POST
@permission_required("training.review_case", raise_exception=True)
def flow(request: AuthedRequest, case_id: int) -> HttpResponse:
    """Whether a decision opens the next case or stays; kept until one signs out."""
    case = get_object_or_404(Case, pk=case_id)
    request.session[STAYS] = request.POST.get("stays") == "1"
    fragment = "mlops/approvals/_flow.html"
    return answer(request, replace(case_place(request, case), fragment=fragment))


@require_POST
@permission_required("training.record_outcome", raise_exception=True)
def outcome(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = get_object_or_404(Case, pk=case_id)
    form = OutcomeForm(request.POST)
    if not form.is_valid():
        return answer(request, case_place(request, case), first_error(form))

    def act() -> str:
        data = form.cleaned_data
        record_outcome(case, outcome=data["outcome"], at=data["at"], by=request.user)
        return _("Recorded.")

    return answer(request, case_place(request, case), attempt(request, act))

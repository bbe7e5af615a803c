"""The inbox, one case, and what a reviewer presses there."""

from collections.abc import Callable
from dataclasses import replace

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mlops.forms import OutcomeForm, ReviewForm
from mlops.selectors import cases
from mlops.views.answers import Place, answer, attempt, first_error, keep_typed
from preciso.http import AuthedRequest, render_either
from preciso.paging import Pages
from training.choices import CaseStatus, ReviewSource
from training.models import Case, Review
from training.services import approvals
from training.services.cases import record_outcome

PAGE_SIZE = 25
TYPED = ("confidence", "rationale", "other", "reasoning")
Verb = Callable[..., Review]


@require_GET
@permission_required("training.view_case", raise_exception=True)
def listing(request: AuthedRequest) -> HttpResponse:
    status = request.GET.get("status", "waiting")
    text = request.GET.get("q", "").strip()
    found = Pages(cases.inbox(status, text), PAGE_SIZE)
    tabs = cases.tabs()
    context = {
        "page_obj": found.get_page(request.GET.get("page")),
        "tabs": tabs,
        "is_empty": not tabs[-1].count,
        "status": status,
        "q": text,
        "first": cases.next_case(request.user),
        "shows_decision": status in (CaseStatus.APPROVED, "all"),
    }
    return render_either(
        request,
        page="mlops/approvals/page.html",
        fragment="mlops/approvals/_body.html",
        context=context,
    )


@require_GET
@permission_required("training.view_case", raise_exception=True)
def one(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = get_object_or_404(Case, pk=case_id)
    return render_either(
        request,
        page="mlops/approvals/case.html",
        fragment="mlops/approvals/_case.html",
        context=cases.case_page(case, reader=request.user),
    )


def _case_as_seen(request: AuthedRequest, case_id: int) -> Case:
    """The case as the page showed it.

    Its status moves only while the content is the one seen: a decision never lands
    on facts that were corrected after the page was drawn.
    """
    case = get_object_or_404(Case, pk=case_id)
    case.content_sha256 = request.POST.get("seen") or case.content_sha256
    return case


def _place(request: AuthedRequest, case: Case) -> Place:
    return Place(
        reverse("mlops:case", args=[case.pk]),
        "mlops/approvals/_case.html",
        lambda: cases.case_page(case, reader=request.user),
    )


def _answer_decided(request: AuthedRequest, case: Case, problem: str) -> HttpResponse:
    """The case as it is now; where it was refused, with what was typed still there."""
    case.refresh_from_db()
    if not problem:
        return answer(request, _place(request, case))
    shown = {
        **cases.case_page(case, reader=request.user),
        "typed": {name: request.POST.get(name, "") for name in TYPED},
    }
    place = replace(_place(request, case), context=lambda: shown)
    return keep_typed(request, place, "mlops/approvals/case.html", problem)


@require_POST
@permission_required("training.review_case", raise_exception=True)
def approve(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = _case_as_seen(request, case_id)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _answer_decided(request, case, first_error(form))
    verdict = approvals.Verdict(
        decision=form.chosen,
        rationale=form.cleaned_data["rationale"],
        reasoning=form.cleaned_data["reasoning"],
        confidence=form.confidence_value,
    )

    def act() -> str | Promise:
        approvals.approve_case(case, verdict, by=request.user, source=ReviewSource.PAGE)
        if not case.decision:
            return _("%(case)s: a second reviewer decides.") % {"case": case}
        return _("%(case)s: %(decision)s.") % {"case": case, "decision": case.decision}

    problem = attempt(request, act)
    return _answer_decided(request, case, problem)


def _other_verb(
    request: AuthedRequest, case_id: int, verb: Verb, done: str
) -> HttpResponse:
    """Reject, send back and withdraw differ in the service they call."""
    case = _case_as_seen(request, case_id)
    reasoning = request.POST.get("reasoning", "").strip()

    def act() -> str:
        verb(case, by=request.user, reasoning=reasoning, source=ReviewSource.PAGE)
        return done % {"case": case}

    problem = attempt(request, act)
    return _answer_decided(request, case, problem)


@require_POST
@permission_required("training.review_case", raise_exception=True)
def reject(request: AuthedRequest, case_id: int) -> HttpResponse:
    done = _("%(case)s is rejected.")
    return _other_verb(request, case_id, approvals.reject_case, done)


@require_POST
@permission_required("training.review_case", raise_exception=True)
def send_back(request: AuthedRequest, case_id: int) -> HttpResponse:
    done = _("%(case)s is sent back.")
    return _other_verb(request, case_id, approvals.request_changes, done)


@require_POST
@permission_required("training.review_case", raise_exception=True)
def withdraw(request: AuthedRequest, case_id: int) -> HttpResponse:
    done = _("The approval of %(case)s is withdrawn.")
    return _other_verb(request, case_id, approvals.withdraw_approval, done)


@require_POST
@permission_required("training.record_outcome", raise_exception=True)
def outcome(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = get_object_or_404(Case, pk=case_id)
    form = OutcomeForm(request.POST)
    if not form.is_valid():
        return answer(request, _place(request, case), first_error(form))

    def act() -> str:
        data = form.cleaned_data
        record_outcome(case, outcome=data["outcome"], at=data["at"], by=request.user)
        return _("Recorded.")

    return answer(request, _place(request, case), attempt(request, act))

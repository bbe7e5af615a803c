"""What a reviewer presses on a case: decide it, or take a decision back."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import push_url

from mlops.pages.approvals.case_views import (
    FRAGMENT,
    PAGE,
    STAYS,
    case_context,
    case_list_of,
    case_url,
    redraw_case,
)
from mlops.pages.approvals.forms import ReviewForm
from mlops.pages.shared import inbox
from mlops.pages.shared.reading_time import kept_opening, measured
from mlops.pages.shared.responses import (
    LAST,
    first_error,
    keep_typed,
    refusal_text,
)
from preciso import undo_messages
from preciso.http import AuthedRequest, wants_fragment
from training.choices import ReviewSource
from training.errors import DomainError
from training.models import Case
from training.models.accounts import name_of
from training.services.cases import approvals, claims, influence
from training.services.cases import undo as undo_service

TYPED = ("confidence", "rationale", "other", "reasoning")


def _case_on_page(request: AuthedRequest, case_id: int) -> Case:
    """The case with the content that the page showed.

    Its status moves only while that is its content: a decision never lands on facts
    that were corrected after the page was drawn.
    """
    case = get_object_or_404(Case, pk=case_id)
    case.content_sha256 = request.POST.get("seen") or case.content_sha256
    return case


def _refuse(request: AuthedRequest, case: Case, problem: str) -> HttpResponse:
    """The case as it is now, with what was typed still there (409)."""
    case.refresh_from_db()
    context = {
        **case_context(request, case),
        "typed": {name: request.POST.get(name, "") for name in TYPED},
        # The reading goes on where it was, while it is the same content.
        **kept_opening(request.POST, case, request.user),
    }
    return keep_typed(request, PAGE, FRAGMENT, context, problem)


def _warn_of_claim(request: AuthedRequest, case: Case) -> str:
    """The question to whoever decides a case that somebody else has open.

    Empty where nobody has it open, and where the person was told who has and pressed
    again.
    """
    claim = claims.open_with(case, reader=request.user)
    if claim is None or request.POST.get("anyway") == str(claim.by_id):
        return ""
    question = _("%(who)s has this case open. Press again to decide it all the same.")
    return question % {"who": name_of(claim.by)}


def _show(request: AuthedRequest, case: Case) -> HttpResponse:
    """A case that may be another than the page showed: its address goes along."""
    response = redraw_case(request, case)
    if not wants_fragment(request):
        return response
    response["HX-Reswap"] = "innerHTML show:window:top"
    return push_url(response, case_url(request, case))


def _go_on(request: AuthedRequest, case: Case, message: str) -> HttpResponse:
    """After a decision: the message with its way back, then the next case to decide.

    The same case again where the person prefers to stay, or none is left.
    """
    case_list = case_list_of(request)
    undo_url = ""
    if undo_service.undo_until(case) is not None:
        undo_url = reverse("mlops:case-undo", args=[case.pk]) + case_list.query
    undo_messages.success(request, message, undo=undo_url)
    case.refresh_from_db()
    claims.release_case(case)
    request.session[LAST] = case.pk
    if request.session.get(STAYS):
        return _show(request, case)
    return _show(
        request, inbox.next_case(request.user, case_list, after=case.pk) or case
    )


@require_POST
@permission_required("training.review_case", raise_exception=True)
def approve(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = _case_on_page(request, case_id)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _refuse(request, case, first_error(form))
    if question := _warn_of_claim(request, case):
        return _refuse(request, case, question)
    verdict = approvals.ReviewInput(
        decision=form.chosen,
        rationale=form.cleaned_data["rationale"],
        reasoning=form.cleaned_data["reasoning"],
        confidence=form.confidence_value,
        attention=measured(request.POST, case, request.user),
    )
    try:
        approvals.approve_case(case, verdict, by=request.user, source=ReviewSource.PAGE)
    except DomainError as refusal:
        return _refuse(request, case, refusal_text(request, refusal))
    if not case.decision:
        message = _("%(case)s: a second reviewer decides.") % {"case": case}
    else:
        words = {"case": case, "decision": case.decision}
        message = _("%(case)s: %(decision)s.") % words
    return _go_on(request, case, message)


@require_POST
@permission_required("training.review_case", raise_exception=True)
def reject(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = _case_on_page(request, case_id)
    if question := _warn_of_claim(request, case):
        return _refuse(request, case, question)
    try:
        approvals.reject_case(
            case,
            by=request.user,
            reasoning=request.POST.get("reasoning", "").strip(),
            source=ReviewSource.PAGE,
            attention=measured(request.POST, case, request.user),
        )
    except DomainError as refusal:
        return _refuse(request, case, refusal_text(request, refusal))
    return _go_on(request, case, _("%(case)s is rejected.") % {"case": case})


@require_POST
@permission_required("training.review_case", raise_exception=True)
def send_back(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = _case_on_page(request, case_id)
    if question := _warn_of_claim(request, case):
        return _refuse(request, case, question)
    try:
        approvals.request_changes(
            case,
            by=request.user,
            reasoning=request.POST.get("reasoning", "").strip(),
            source=ReviewSource.PAGE,
            attention=measured(request.POST, case, request.user),
        )
    except DomainError as refusal:
        return _refuse(request, case, refusal_text(request, refusal))
    return _go_on(request, case, _("%(case)s is sent back.") % {"case": case})


@require_POST
@permission_required("training.review_case", raise_exception=True)
def withdraw(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = _case_on_page(request, case_id)
    try:
        approvals.withdraw_approval(
            case,
            by=request.user,
            reasoning=request.POST.get("reasoning", "").strip(),
            source=ReviewSource.PAGE,
        )
    except DomainError as refusal:
        return _refuse(request, case, refusal_text(request, refusal))
    message = _("The approval of %(case)s is withdrawn.") % {"case": case}
    messages.success(request, message)
    case.refresh_from_db()
    return _show(request, case)


@require_POST
@permission_required("training.review_case", raise_exception=True)
def undo(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = _case_on_page(request, case_id)
    try:
        undo_service.undo_decision(case, by=request.user)
    except DomainError as refusal:
        return _refuse(request, case, refusal_text(request, refusal))
    message = _("Undone: %(case)s waits for a decision again.") % {"case": case}
    messages.success(request, message)
    case.refresh_from_db()
    return _show(request, case)


@require_POST
@permission_required("training.train", raise_exception=True)
@permission_required("training.seal_datasetversion", raise_exception=True)
@permission_required("training.view_case", raise_exception=True)
def seal_without(request: AuthedRequest, case_id: int) -> HttpResponse:
    """Leave a withdrawn sample behind: seal the dataset without it, and train."""
    case = get_object_or_404(Case, pk=case_id)
    try:
        run = influence.seal_without(case, by=request.user)
    except DomainError as refusal:
        return redraw_case(request, case, refusal_text(request, refusal))
    words = {"case": case, "job": run.job_id}
    message = _("Submitted without %(case)s: job %(job)s.") % words
    messages.success(request, message)
    return redraw_case(request, case)

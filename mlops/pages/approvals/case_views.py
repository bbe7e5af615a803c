"""One case: its page, who has it open, and what happened after the decision."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mlops.pages.approvals import case_page
from mlops.pages.approvals.forms import OutcomeForm
from mlops.pages.shared import inbox
from mlops.pages.shared.case_lists import CaseListing
from mlops.pages.shared.reading_time import opening
from mlops.pages.shared.responses import (
    LAST,
    back_to,
    first_error,
    redraw,
    refusal_text,
)
from preciso.http import AuthedRequest, render_either, wants_fragment
from training.errors import DomainError, StaleState
from training.models import Case
from training.services.cases import claims
from training.services.cases.intake import record_outcome

PAGE, FRAGMENT = "mlops/approvals/case.html", "mlops/approvals/_case.html"
STAYS = "stays_on_case"  # kept in the session, as is LAST


def case_list_of(request: AuthedRequest) -> CaseListing:
    """The list that the person works through: its filters are in the address."""
    return CaseListing(request.user, request.GET.dict())


def case_url(request: AuthedRequest, case: Case) -> str:
    """The page of the case, within the list that the person works through."""
    return reverse("mlops:case", args=[case.pk]) + case_list_of(request).query


def case_context(request: AuthedRequest, case: Case) -> dict[str, Any]:
    return {
        **case_page.case_page(
            case, reader=request.user, case_list=case_list_of(request)
        ),
        "last": inbox.last_decided(request.session.get(LAST)),
        "stays": request.session.get(STAYS, False),
        "opened": opening(case, request.user),
    }


def redraw_case(request: AuthedRequest, case: Case, problem: str = "") -> HttpResponse:
    """The case as it is now: redrawn for htmx, by a redirect without it."""
    if not wants_fragment(request):
        return back_to(request, case_url(request, case), problem)
    return redraw(request, FRAGMENT, case_context(request, case), problem)


@require_GET
@permission_required("training.view_case", raise_exception=True)
def one(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = get_object_or_404(Case, pk=case_id)
    context = case_context(request, case)
    return render_either(request, page=PAGE, fragment=FRAGMENT, context=context)


@require_POST
@permission_required("training.review_case", raise_exception=True)
def claim(request: AuthedRequest, case_id: int) -> HttpResponse:
    """The open page asks for this at once and every minute while it is looked at."""
    case = get_object_or_404(Case, pk=case_id)
    context = {"case": case, "case_list": case_list_of(request), "polls": True}
    try:
        claim = claims.claim_case(case, by=request.user)
        context["held"] = claim if claim.by != request.user else None
    except StaleState:
        context.update(polls=False, is_decided=True)
    if not wants_fragment(request):
        return back_to(request, case_url(request, case))
    return redraw(request, "mlops/approvals/_claim.html", context)


@require_POST
@permission_required("training.review_case", raise_exception=True)
def take_over(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = get_object_or_404(Case, pk=case_id)
    try:
        claims.take_over(case, by=request.user)
    except DomainError as refusal:
        return redraw_case(request, case, refusal_text(request, refusal))
    messages.success(request, _("You have %(case)s open now.") % {"case": case})
    return redraw_case(request, case)


@require_POST
@permission_required("training.review_case", raise_exception=True)
def flow(request: AuthedRequest, case_id: int) -> HttpResponse:
    """Whether a decision opens the next case or stays; kept until one signs out."""
    case = get_object_or_404(Case, pk=case_id)
    request.session[STAYS] = request.POST.get("stays") == "1"
    if not wants_fragment(request):
        return back_to(request, case_url(request, case))
    context = case_context(request, case)
    return redraw(request, "mlops/approvals/_flow.html", context)


@require_POST
@permission_required("training.record_outcome", raise_exception=True)
def outcome(request: AuthedRequest, case_id: int) -> HttpResponse:
    case = get_object_or_404(Case, pk=case_id)
    form = OutcomeForm(request.POST)
    if not form.is_valid():
        return redraw_case(request, case, first_error(form))
    data = form.cleaned_data
    try:
        record_outcome(case, outcome=data["outcome"], at=data["at"], by=request.user)
    except DomainError as refusal:
        return redraw_case(request, case, refusal_text(request, refusal))
    messages.success(request, _("Recorded."))
    return redraw_case(request, case)

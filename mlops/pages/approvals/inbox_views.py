"""The inbox as a list, and agreeing with many of its recommendations at once."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import push_url

from mlops.pages.approvals import case_page
from mlops.pages.approvals.forms import case_filter_fields
from mlops.pages.shared import inbox
from mlops.pages.shared.case_lists import CaseListing
from mlops.pages.shared.model_versions import stop_in_force
from mlops.pages.shared.responses import LAST, refusal_text
from preciso.api_fields import as_id
from preciso.http import AuthedRequest, render_either, wants_fragment
from preciso.page_paginator import KeyPaginator, SearchPaginator
from training.errors import DomainError
from training.models import Case
from training.services.cases import bulk_approvals

PAGE_SIZE = 25


@require_GET
@permission_required("training.view_case", raise_exception=True)
def listing(request: AuthedRequest) -> HttpResponse:
    case_list = CaseListing(request.user, request.GET.dict())
    if case_list.has_old_names:
        return redirect(case_list.url)
    number: int | str | None = request.GET.get("page")
    if not number and (case_id := as_id(request.GET.get("at", ""))):
        # Back from a case: the page where it is, or was before it was decided.
        number = 1 + inbox.place(case_id, case_list) // PAGE_SIZE
    paginator = SearchPaginator if case_list.fields.get("q") else KeyPaginator
    page = paginator(case_list.listed, PAGE_SIZE).get_page(number)
    tabs, cases = case_page.tabs(), list(page)
    on_page = Case.objects.filter(pk__in=[case.pk for case in cases])
    context = {
        "page_obj": page,
        "tabs": tabs,
        "is_empty": not tabs[-1].count,
        "case_list": case_list,
        "form": case_filter_fields(case_list),
        "fields": case_list.fields,
        "first": inbox.next_case(request.user, case_list),
        "progress": inbox.progress(request.user),
        "claims": inbox.claims(cases, request.user),
        "agreeable": {
            case.pk for case in bulk_approvals.agreeable(on_page, by=request.user)
        },
        "most": bulk_approvals.AT_MOST,
        "shows_decision": case_list.status in ("approved", "all"),
        "last": inbox.last_decided(request.session.get(LAST)),
        "stopped": stop_in_force(),
    }
    response = render_either(
        request,
        page="mlops/approvals/page.html",
        fragment="mlops/approvals/_body.html",
        context=context,
    )
    return push_url(response, case_list.url) if wants_fragment(request) else response


@require_http_methods(["GET", "POST"])
@permission_required("training.review_case", raise_exception=True)
def agree_with_many(request: AuthedRequest) -> HttpResponse:
    """GET asks, stating what would happen; POST does that, and tells the result."""
    if request.method == "POST":
        return _agree(request)
    case_list = CaseListing(request.user, request.GET.dict())
    chosen = case_list.cases
    if not request.GET.get("all"):
        ids = [as_id(text) for text in request.GET.getlist("case")]
        chosen = Case.objects.filter(pk__in=[pk for pk in ids if pk])
    plan = bulk_approvals.plan_bulk(chosen, by=request.user)
    if not plan.cases:
        messages.info(
            request, _("Choose cases first: none of these can be agreed with here.")
        )
        return redirect(case_list.url)
    context = {"plan": plan, "case_list": case_list, "most": bulk_approvals.AT_MOST}
    return render(request, "mlops/approvals/bulk.html", context)


def _agree(request: AuthedRequest) -> HttpResponse:
    case_list = CaseListing(request.user, request.GET.dict())
    ids = [as_id(text) for text in request.POST.get("cases", "").split(",")]
    try:
        result = bulk_approvals.approve_many(
            [pk for pk in ids if pk],
            by=request.user,
            counted_at=_moment(request.POST.get("counted_at", "")),
        )
    except DomainError as refusal:
        messages.error(request, refusal_text(request, refusal))
        return redirect(case_list.url)
    return render_either(
        request,
        page="mlops/approvals/bulk_done.html",
        fragment="mlops/approvals/_bulk_done.html",
        context={"result": result, "case_list": case_list},
    )


def _moment(text: str) -> datetime | None:
    """The moment that the form carries along; None for what is none with a zone."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None

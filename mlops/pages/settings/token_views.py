"""Settings, API tokens: how other programs sign in."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from mlops.pages.settings import switches
from mlops.pages.settings.frame import framed, keep_typed, show, show_once
from mlops.pages.settings.token_forms import AccountForm, TokenForm
from mlops.pages.shared.responses import back_to, first_error, redraw, refusal_text
from preciso.http import AuthedRequest, wants_fragment
from training.errors import DomainError
from training.models import ApiToken
from training.models.accounts import name_of
from training.services.people import service_accounts
from training.services.people.tokens import create_token, revoke_token

PART = "mlops/settings/_tokens.html"


def _context(request: AuthedRequest, **changed: Any) -> dict[str, Any]:
    tokens, idle = switches.tokens()
    values = {
        "tokens": tokens,
        "idle": idle,
        "accounts": switches.accounts(),
        "token_form": TokenForm(by=request.user),
        "account_form": AccountForm(by=request.user),
        **changed,
    }
    return framed("tokens", PART, **values)


def _redraw(request: AuthedRequest, problem: str = "") -> HttpResponse:
    """The tokens as they are now: redrawn for htmx, by a redirect without it."""
    if not wants_fragment(request):
        return back_to(request, reverse("mlops:settings-tokens"), problem)
    return redraw(request, PART, _context(request), problem)


@require_GET
@permission_required("training.view_apitoken", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    return show(request, _context(request))


@never_cache
@require_POST
@permission_required("training.add_apitoken", raise_exception=True)
def create(request: AuthedRequest) -> HttpResponse:
    """Shows the new token once, on the page that answers; it is stored hashed."""
    form = TokenForm(request.POST, by=request.user)
    if not form.is_valid():
        context = _context(request, token_form=form)
        return keep_typed(request, context, first_error(form))
    data = form.cleaned_data
    try:
        _token, secret = create_token(
            data["user"],
            by=request.user,
            scopes=[data["scope"]] if data["scope"] else [],
            days=data["days"],
            name=data["name"],
        )
    except DomainError as refusal:
        context = _context(request, token_form=form)
        return keep_typed(request, context, refusal_text(request, refusal))
    messages.success(request, _("The token is created. It is shown only this once."))
    return show_once(request, _context(request, secret=secret))


@require_POST
@permission_required("training.change_apitoken", raise_exception=True)
def revoke(request: AuthedRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=token_id)
    try:
        revoke_token(token, by=request.user)
    except DomainError as refusal:
        return _redraw(request, refusal_text(request, refusal))
    messages.success(request, _("The token no longer works."))
    return _redraw(request)


@require_POST
@permission_required("training.add_serviceaccount", raise_exception=True)
def add_account(request: AuthedRequest) -> HttpResponse:
    """An account for a program; its tokens are made above."""
    form = AccountForm(request.POST, by=request.user)
    if not form.is_valid():
        context = _context(request, account_form=form)
        return keep_typed(request, context, first_error(form))
    data = form.cleaned_data
    try:
        account = service_accounts.add_account(
            data["account"],
            by=request.user,
            owner=data["owner"],
            purpose=data["purpose"],
            roles=data["roles"],
        )
    except DomainError as refusal:
        context = _context(request, account_form=form)
        return keep_typed(request, context, refusal_text(request, refusal))
    words = {"account": name_of(account.user)}
    messages.success(request, _("%(account)s is made. Now make it a token.") % words)
    # The form is empty again: what is listed now is the account that it made.
    return _redraw(request)

"""Settings, API tokens: how other programs sign in."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from mlops.pages.settings import switches
from mlops.pages.settings.frame import PAGE, answer_with_secret, framed
from mlops.pages.settings.token_forms import AccountForm, TokenForm
from mlops.pages.shared.responses import Place, answer, attempt, first_error, keep_typed
from preciso.http import AuthedRequest, render_either
from training.models import ApiToken
from training.models.accounts import name_of
from training.services.people import service_accounts
from training.services.people.tokens import create_token, revoke_token

PART = "mlops/settings/_tokens.html"


def _context(request: AuthedRequest, **changed: Any) -> dict[str, Any]:
    tokens, idle = switches.tokens()
    shown = {
        "tokens": tokens,
        "idle": idle,
        "accounts": switches.accounts(),
        "token_form": TokenForm(by=request.user),
        "account_form": AccountForm(by=request.user),
        **changed,
    }
    return framed("tokens", PART, **shown)


def _place(request: AuthedRequest, **changed: Any) -> Place:
    url = reverse("mlops:settings-tokens")
    return Place(url, PART, lambda: _context(request, **changed))


@require_GET
@permission_required("training.view_apitoken", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    context = _context(request)
    return render_either(request, page=PAGE, fragment=PART, context=context)


@never_cache
@require_POST
@permission_required("training.add_apitoken", raise_exception=True)
def create(request: AuthedRequest) -> HttpResponse:
    """Shows the new token once, on the page that answers; it is stored hashed."""
    form = TokenForm(request.POST, by=request.user)
    if not form.is_valid():
        place = _place(request, token_form=form)
        return keep_typed(request, place, PAGE, first_error(form))
    secret = ""

    def act() -> str:
        nonlocal secret
        wish = form.cleaned_data
        _row, secret = create_token(
            wish["user"],
            by=request.user,
            scopes=[wish["scope"]] if wish["scope"] else [],
            days=wish["days"],
            name=wish["name"],
        )
        return _("The token is made. It is shown this once.")

    problem = attempt(request, act)
    return answer_with_secret(request, _place(request, secret=secret), problem)


@require_POST
@permission_required("training.change_apitoken", raise_exception=True)
def revoke(request: AuthedRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=token_id)

    def act() -> str:
        revoke_token(token, by=request.user)
        return _("The token no longer works.")

    return answer(request, _place(request), attempt(request, act))


@require_POST
@permission_required("training.add_serviceaccount", raise_exception=True)
def add_account(request: AuthedRequest) -> HttpResponse:
    """An account for a program; its tokens are made above."""
    form = AccountForm(request.POST, by=request.user)
    place = _place(request, account_form=form)
    if not form.is_valid():
        return keep_typed(request, place, PAGE, first_error(form))

    def act() -> str:
        wish = form.cleaned_data
        account = service_accounts.add_account(
            wish["account"],
            by=request.user,
            owner=wish["owner"],
            purpose=wish["purpose"],
            roles=wish["roles"],
        )
        return _("%(account)s is made. Now make it a token.") % {
            "account": name_of(account.user)
        }

    problem = attempt(request, act)
    if problem:
        return keep_typed(request, place, PAGE, problem)
    return answer(request, _place(request))

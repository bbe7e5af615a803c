"""Settings, API tokens: how other programs sign in."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from mlops.forms import TokenForm
from mlops.selectors import preferences
from mlops.views.answers import Place, answer, attempt, first_error, keep_typed
from mlops.views.settings_page import PAGE, answer_with_secret, framed
from preciso.http import AuthedRequest, render_either
from training.models import ApiToken
from training.services import tokens

PART = "mlops/settings/_tokens.html"


def _context(**changed: Any) -> dict[str, Any]:
    shown = {"tokens": preferences.tokens(), "token_form": TokenForm(), **changed}
    return framed("tokens", PART, **shown)


def _place(**changed: Any) -> Place:
    return Place(reverse("mlops:settings-tokens"), PART, lambda: _context(**changed))


@require_GET
@permission_required("training.view_apitoken", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    return render_either(request, page=PAGE, fragment=PART, context=_context())


@never_cache
@require_POST
@permission_required("training.add_apitoken", raise_exception=True)
def create(request: AuthedRequest) -> HttpResponse:
    """Shows the new token once, on the page that answers; it is stored hashed."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        place = _place(token_form=form)
        return keep_typed(request, place, PAGE, first_error(form))
    secret = ""

    def act() -> str:
        nonlocal secret
        wish = form.cleaned_data
        _row, secret = tokens.create_token(
            wish["user"],
            by=request.user,
            scopes=[wish["scope"]] if wish["scope"] else [],
            days=wish["days"],
            name=wish["name"],
        )
        return _("The token is made. It is shown this once.")

    problem = attempt(request, act)
    return answer_with_secret(request, _place(secret=secret), problem)


@require_POST
@permission_required("training.change_apitoken", raise_exception=True)
def revoke(request: AuthedRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=token_id)

    def act() -> str:
        tokens.revoke_token(token, by=request.user)
        return _("The token no longer works.")

    return answer(request, _place(), attempt(request, act))

"""Settings: switches with their source, the policy, people, API tokens."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from mlops.forms import PolicyForm, TokenForm
from mlops.selectors import preferences
from mlops.views.answers import Place, answer, attempt, first_error
from preciso.http import AuthedRequest, render_either
from training.models import ApiToken
from training.services import auto, tokens

BODY = "mlops/settings/_body.html"


def _context(**changed: Any) -> dict[str, Any]:
    return {
        "flags": preferences.flags(),
        "policy_form": PolicyForm(instance=auto.policy()),
        "people": preferences.people(),
        "roles": preferences.roles(),
        "tokens": preferences.tokens(),
        "token_form": TokenForm(),
        **changed,
    }


def _place(**changed: Any) -> Place:
    return Place(reverse("mlops:settings"), BODY, lambda: _context(**changed))


@require_GET
@permission_required("training.view_trainingpolicy", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    return render_either(
        request, page="mlops/settings/page.html", fragment=BODY, context=_context()
    )


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def policy(request: AuthedRequest) -> HttpResponse:
    form = PolicyForm(request.POST)
    if not form.is_valid():
        return answer(request, _place(policy_form=form), first_error(form))

    def act() -> str:
        auto.change_policy(by=request.user, **form.cleaned_data)
        return _("Saved. It holds from now on.")

    return answer(request, _place(), attempt(request, act))


@never_cache
@require_POST
@permission_required("training.add_apitoken", raise_exception=True)
def create_token(request: AuthedRequest) -> HttpResponse:
    """Shows the new token once, on the page that answers; it is stored hashed."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return answer(request, _place(token_form=form), first_error(form))
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
    place = _place(secret=secret)
    if secret and not request.htmx:
        return render(request, "mlops/settings/page.html", place.context())
    return answer(request, place, problem)


@require_POST
@permission_required("training.change_apitoken", raise_exception=True)
def revoke_token(request: AuthedRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=token_id)

    def act() -> str:
        tokens.revoke_token(token, by=request.user)
        return _("The token no longer works.")

    return answer(request, _place(), attempt(request, act))

"""Settings: switches with their source, the policy, people, API tokens."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import retarget

from mlops.forms import PolicyForm, SimulationForm, TokenForm
from mlops.selectors import preferences
from mlops.selectors.simulated import simulation_card
from mlops.selectors.training import schedule_reading
from mlops.views.answers import (
    Place,
    answer,
    attempt,
    first_error,
    focus_first_error,
    keep_typed,
)
from preciso.http import AuthedRequest, render_either, wants_fragment
from training.errors import DomainError
from training.models import ApiToken
from training.services import policies, tokens

PAGE, BODY = "mlops/settings/page.html", "mlops/settings/_body.html"
CHANGED_MEANWHILE = gettext_noop(
    "Somebody changed the rules meanwhile. What you typed is still here: save again "
    "to put it in place of theirs."
)


def _context(**changed: Any) -> dict[str, Any]:
    policy = policies.policy()
    return {
        "flags": preferences.flags(),
        "policy_form": PolicyForm(instance=policy),
        "policy_seen": policy.updated_at.isoformat(),
        "reading": schedule_reading(policy.batch_schedule),
        "simulation_form": SimulationForm(),
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
    return render_either(request, page=PAGE, fragment=BODY, context=_context())


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def policy(request: AuthedRequest) -> HttpResponse:
    """Save what was typed, unless somebody else changed the rules meanwhile."""
    row = policies.policy()
    is_as_seen = request.POST.get("seen") in (None, row.updated_at.isoformat())
    form = PolicyForm(request.POST, instance=row)
    if not form.is_valid():
        return _keep_typed(request, form, first_error(form))
    if not is_as_seen:
        return _keep_typed(request, form, _(CHANGED_MEANWHILE))

    def act() -> str:
        policies.change_policy(by=request.user, **form.changes_to(policies.policy()))
        return _("Saved. It holds from now on.")

    problem = attempt(request, act)
    if problem:
        return _keep_typed(request, form, problem)
    return answer(request, _place())


def _keep_typed(
    request: AuthedRequest, form: PolicyForm, problem: str, **shown: Any
) -> HttpResponse:
    focus_first_error(form)
    days = SimulationForm(request.POST if "days" in request.POST else None)
    place = _place(policy_form=form, simulation_form=days, **shown)
    return keep_typed(request, place, PAGE, problem)


@require_POST
@permission_required("training.view_trainingpolicy", raise_exception=True)
def simulate(request: AuthedRequest) -> HttpResponse:
    """What the typed policy would have done; nothing is saved.

    Who may not change the policy types nothing, and tries the one that holds.
    """
    row = policies.policy()
    may_type = request.user.has_perm("training.change_trainingpolicy")
    form = PolicyForm(request.POST if may_type else None, instance=row)
    asked = SimulationForm(request.POST)
    if not asked.is_valid() or (may_type and not form.is_valid()):
        refused = form if form.errors else asked
        return retarget(_keep_typed(request, form, first_error(refused)), "#page")
    try:
        tried = policies.policy()  # the form has written what was typed into its own
        if may_type:
            policies.apply_changes(tried, form.changes_to(tried))
        simulation = simulation_card(tried, asked.cleaned_data["days"])
    except DomainError as refusal:
        return retarget(_keep_typed(request, form, str(refusal)), "#page")
    typed = {"simulation": simulation, "simulation_form": asked, "policy_form": form}
    return render_either(
        request,
        page=PAGE,
        fragment="mlops/settings/_simulation.html",
        context=typed if wants_fragment(request) else _context(**typed),
    )


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
        return render(request, PAGE, place.context())
    return answer(request, place, problem)


@require_POST
@permission_required("training.change_apitoken", raise_exception=True)
def revoke_token(request: AuthedRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=token_id)

    def act() -> str:
        tokens.revoke_token(token, by=request.user)
        return _("The token no longer works.")

    return answer(request, _place(), attempt(request, act))

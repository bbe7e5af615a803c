"""Settings, rules: read in words, changed a group at a time, tried before."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import retarget

from mlops.forms import RULE_GROUPS, RuleGroup, RuleGroupForm, SimulationForm
from mlops.forms.rules import fingerprint_of, rules_in_words
from mlops.selectors.preferences import policy_history
from mlops.selectors.simulated import simulation_card
from mlops.selectors.training import schedule_reading
from mlops.views.answers import (
    Place,
    answer,
    attempt,
    first_error,
    focus_first_error,
    keep_typed,
    sentence,
)
from mlops.views.settings_page import PAGE, framed
from preciso.http import AuthedRequest, render_either, wants_fragment
from training.errors import DomainError
from training.services import policies

ALL, ONE = "mlops/settings/_rules.html", "mlops/settings/_rule_group.html"
TRIED = "mlops/settings/_simulation.html"
CHANGED_MEANWHILE = gettext_noop(
    "Somebody changed these rules meanwhile. What you typed is still here: save again "
    "to put it in place of theirs."
)


def _all(**changed: Any) -> dict[str, Any]:
    policy = policies.policy()
    groups = [(one, rules_in_words(one, policy)) for one in RULE_GROUPS.values()]
    return framed(
        "rules",
        ALL,
        **{
            "groups": groups,
            "history": policy_history(policies.POLICY_FIELDS),
            "simulation_form": SimulationForm(),
            **changed,
        },
    )


def _one(group: RuleGroup, **changed: Any) -> dict[str, Any]:
    policy = policies.policy()
    schedule = policy.batch_schedule if "batch_schedule" in group.names else ""
    return framed(
        "rules",
        ONE,
        **{
            "group": group,
            "rules": rules_in_words(group, policy),
            "rule_form": RuleGroupForm(group, instance=policy),
            "seen": fingerprint_of(group, policy),
            "reading": schedule_reading(schedule),
            "history": policy_history(group.kept_as),
            "simulation_form": SimulationForm(),
            **changed,
        },
    )


def _named(slug: str) -> RuleGroup:
    try:
        return RULE_GROUPS[slug]
    except KeyError as unknown:
        raise Http404 from unknown


def _place(group: RuleGroup, **changed: Any) -> Place:
    url = reverse("mlops:settings-rule-group", args=[group.slug])
    return Place(url, ONE, lambda: _one(group, **changed))


@require_GET
@permission_required("training.view_trainingpolicy", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    return render_either(request, page=PAGE, fragment=ALL, context=_all())


@require_GET
@permission_required("training.view_trainingpolicy", raise_exception=True)
def one(request: AuthedRequest, slug: str) -> HttpResponse:
    context = _one(_named(slug))
    return render_either(request, page=PAGE, fragment=ONE, context=context)


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def save(request: AuthedRequest, slug: str) -> HttpResponse:
    """Save the group that was typed, unless somebody else changed it meanwhile."""
    group, row = _named(slug), policies.policy()
    is_as_seen = request.POST.get("seen") in (None, fingerprint_of(group, row))
    form = RuleGroupForm(group, request.POST, instance=row)
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
    return answer(request, _place(group))


def _keep_typed(
    request: AuthedRequest, form: RuleGroupForm, problem: str
) -> HttpResponse:
    focus_first_error(form)
    days = SimulationForm(request.POST if "days" in request.POST else None)
    place = _place(form.group, rule_form=form, simulation_form=days)
    return keep_typed(request, place, PAGE, problem)


@require_POST
@permission_required("training.view_trainingpolicy", raise_exception=True)
def simulate(request: AuthedRequest) -> HttpResponse:
    """What the rules that hold would have done."""
    asked = SimulationForm(request.POST)
    if not asked.is_valid():
        place = Place("", ALL, lambda: _all(simulation_form=asked))
        return retarget(keep_typed(request, place, PAGE, first_error(asked)), "#page")
    card = simulation_card(policies.policy(), asked.cleaned_data["days"])
    typed = {"simulation": card, "simulation_form": asked}
    context = typed if wants_fragment(request) else _all(**typed)
    return render_either(request, page=PAGE, fragment=TRIED, context=context)


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def simulate_typed(request: AuthedRequest, slug: str) -> HttpResponse:
    """What the rules would have done with this group as typed; nothing is saved."""
    group = _named(slug)
    form = RuleGroupForm(group, request.POST, instance=policies.policy())
    asked = SimulationForm(request.POST)
    if not (asked.is_valid() and form.is_valid()):
        refused = form if form.errors else asked
        return retarget(_keep_typed(request, form, first_error(refused)), "#page")
    try:
        tried = policies.policy()  # the form has written what was typed into its own
        policies.apply_changes(tried, form.changes_to(tried))
        card = simulation_card(tried, asked.cleaned_data["days"])
    except DomainError as refusal:
        return retarget(_keep_typed(request, form, sentence(request, refusal)), "#page")
    typed = {"simulation": card, "simulation_form": asked, "rule_form": form}
    context = typed if wants_fragment(request) else _one(group, **typed)
    return render_either(request, page=PAGE, fragment=TRIED, context=context)

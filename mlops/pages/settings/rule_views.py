"""Settings, rules: read in words, changed a group at a time, tried before."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import retarget

from mlops.pages.settings.frame import PAGE, framed, keep_typed, show
from mlops.pages.settings.policy_forms import SimulationForm
from mlops.pages.settings.rule_forms import (
    RuleGroupForm,
    fingerprint_of,
    rules_in_words,
)
from mlops.pages.settings.rule_groups import RULE_GROUPS, RuleGroup
from mlops.pages.settings.simulation_card import simulation_card
from mlops.pages.settings.switches import policy_history
from mlops.pages.shared.loosening import can_ask, loosening_page, waiting
from mlops.pages.shared.responses import (
    back_to,
    first_error,
    focus_first_error,
    redraw,
    refusal_text,
)
from mlops.pages.shared.training_cards import schedule_reading
from preciso.http import AuthedRequest, render_either, wants_fragment
from training.errors import DomainError
from training.services.policy import policies
from training.services.policy.loosening import change_and_ask

ALL, ONE = "mlops/settings/_rules.html", "mlops/settings/_rule_group.html"
SIMULATION = "mlops/settings/_simulation.html"
CHANGED_MEANWHILE = gettext_noop(
    "Somebody changed these rules meanwhile. What you typed is still here: save again "
    "to put it in place of theirs."
)


def _all_groups() -> dict[str, Any]:
    policy = policies.policy()
    return framed(
        "rules",
        ALL,
        groups=[
            (group, rules_in_words(group, policy)) for group in RULE_GROUPS.values()
        ],
        history=policy_history(policies.POLICY_FIELDS),
        simulation_form=SimulationForm(),
        loosenings=waiting(),
    )


def _one_group(group: RuleGroup, reader: User) -> dict[str, Any]:
    policy = policies.policy()
    schedule = policy.batch_schedule if "batch_schedule" in group.names else ""
    context = framed(
        "rules",
        ONE,
        group=group,
        rules=rules_in_words(group, policy),
        rule_form=_form(group, reader),
        seen=fingerprint_of(group, policy),
        reading=schedule_reading(schedule),
        history=policy_history(group.columns),
        simulation_form=SimulationForm(),
    )
    return context | (loosening_page(reader) if group.is_four_eyes else {})


def _form(group: RuleGroup, reader: User, typed: Any = None) -> RuleGroupForm:
    policy = policies.policy()
    loosens = group.is_four_eyes and can_ask(policy, reader)
    return RuleGroupForm(group, typed, instance=policy, loosens=loosens)


def _group_or_404(slug: str) -> RuleGroup:
    try:
        return RULE_GROUPS[slug]
    except KeyError as unknown:
        raise Http404 from unknown


def redraw_group(
    request: AuthedRequest, group: RuleGroup, problem: str = ""
) -> HttpResponse:
    """The group as it is now: redrawn for htmx, by a redirect without it."""
    if not wants_fragment(request):
        url = reverse("mlops:settings-rule-group", args=[group.slug])
        return back_to(request, url, problem)
    return redraw(request, ONE, _one_group(group, request.user), problem)


@require_GET
@permission_required("training.view_trainingpolicy", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    return show(request, _all_groups())


@require_GET
@permission_required("training.view_trainingpolicy", raise_exception=True)
def one(request: AuthedRequest, slug: str) -> HttpResponse:
    return show(request, _one_group(_group_or_404(slug), request.user))


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def save(request: AuthedRequest, slug: str) -> HttpResponse:
    """Save the group that was typed, unless somebody else changed it meanwhile.

    What loosens a four-eyes rule is asked for instead, and waits for another person.
    """
    group = _group_or_404(slug)
    form = _form(group, request.user, request.POST)
    if not form.is_valid():
        return _keep_typed(request, form, first_error(form))
    fingerprint = request.POST.get("seen")
    if fingerprint not in (None, fingerprint_of(group, policies.policy())):
        return _keep_typed(request, form, _(CHANGED_MEANWHILE))
    changes = form.changes_to(policies.policy())
    try:
        loosenings = change_and_ask(by=request.user, reason=form.why, **changes)
    except DomainError as refusal:
        return _keep_typed(request, form, refusal_text(request, refusal))
    if not loosenings:
        message = _("Saved. It applies from now on.")
    elif len(loosenings) == len(changes):
        message = _("Requested. The rule stays until another person confirms it.")
    else:
        message = _(
            "Saved. What loosens a rule waits until another person confirms it."
        )
    messages.success(request, message)
    return redraw_group(request, group)


def _keep_typed(
    request: AuthedRequest, form: RuleGroupForm, problem: str
) -> HttpResponse:
    """The group's page with everything that was typed, the days of a trial too."""
    focus_first_error(form)
    days = SimulationForm(request.POST if "days" in request.POST else None)
    context = _one_group(form.group, request.user)
    context |= {"rule_form": form, "simulation_form": days}
    return keep_typed(request, context, problem)


@require_POST
@permission_required("training.view_trainingpolicy", raise_exception=True)
def simulate(request: AuthedRequest) -> HttpResponse:
    """What the rules that hold would have done."""
    form = SimulationForm(request.POST)
    if not form.is_valid():
        context = _all_groups() | {"simulation_form": form}
        return retarget(keep_typed(request, context, first_error(form)), "#page")
    card = simulation_card(policies.policy(), form.cleaned_data["days"])
    context = {"simulation": card, "simulation_form": form}
    if not wants_fragment(request):
        context = _all_groups() | context
    return render_either(request, page=PAGE, fragment=SIMULATION, context=context)


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def simulate_typed(request: AuthedRequest, slug: str) -> HttpResponse:
    """What the rules would have done with this group as typed; nothing is saved."""
    group = _group_or_404(slug)
    form = _form(group, request.user, request.POST)
    days_form = SimulationForm(request.POST)
    if not (days_form.is_valid() and form.is_valid()):
        problem = first_error(form if form.errors else days_form)
        return retarget(_keep_typed(request, form, problem), "#page")
    try:
        policy = policies.policy()  # the form has written what was typed into its own
        policies.apply_changes(policy, form.changes_to(policy))
        card = simulation_card(policy, days_form.cleaned_data["days"])
    except DomainError as refusal:
        problem = refusal_text(request, refusal)
        return retarget(_keep_typed(request, form, problem), "#page")
    context = {"simulation": card, "simulation_form": days_form, "rule_form": form}
    if not wants_fragment(request):
        context = _one_group(group, request.user) | context
    return render_either(request, page=PAGE, fragment=SIMULATION, context=context)

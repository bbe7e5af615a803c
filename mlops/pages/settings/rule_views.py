"""Settings, rules: read in words, changed a group at a time, tried before."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import retarget

from mlops.pages.settings.frame import PAGE, framed
from mlops.pages.settings.policy_forms import SimulationForm
from mlops.pages.settings.rule_forms import (
    RULE_GROUPS,
    RuleGroup,
    RuleGroupForm,
    fingerprint_of,
    rules_in_words,
)
from mlops.pages.settings.simulation_card import simulation_card
from mlops.pages.settings.switches import policy_history
from mlops.pages.shared.loosening import can_ask, loosening_page, waiting
from mlops.pages.shared.responses import (
    Place,
    answer,
    attempt,
    first_error,
    focus_first_error,
    keep_typed,
    sentence,
)
from mlops.pages.shared.training_cards import schedule_reading
from preciso.http import AuthedRequest, render_either, wants_fragment
from training.errors import DomainError
from training.services.policy import policies
from training.services.policy.loosening import change_and_ask

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
            "asked": waiting(),
            **changed,
        },
    )


def _one(group: RuleGroup, reader: User, **changed: Any) -> dict[str, Any]:
    policy = policies.policy()
    schedule = policy.batch_schedule if "batch_schedule" in group.names else ""
    return framed(
        "rules",
        ONE,
        **{
            "group": group,
            "rules": rules_in_words(group, policy),
            "rule_form": _form(group, reader),
            "seen": fingerprint_of(group, policy),
            "reading": schedule_reading(schedule),
            "history": policy_history(group.kept_as),
            "simulation_form": SimulationForm(),
            **(loosening_page(reader) if group.is_four_eyes else {}),
            **changed,
        },
    )


def _form(group: RuleGroup, reader: User, typed: Any = None) -> RuleGroupForm:
    policy = policies.policy()
    loosens = group.is_four_eyes and can_ask(policy, reader)
    return RuleGroupForm(group, typed, instance=policy, loosens=loosens)


def _named(slug: str) -> RuleGroup:
    try:
        return RULE_GROUPS[slug]
    except KeyError as unknown:
        raise Http404 from unknown


def place(group: RuleGroup, reader: User, **changed: Any) -> Place:
    url = reverse("mlops:settings-rule-group", args=[group.slug])
    return Place(url, ONE, lambda: _one(group, reader, **changed))


@require_GET
@permission_required("training.view_trainingpolicy", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    return render_either(request, page=PAGE, fragment=ALL, context=_all())


@require_GET
@permission_required("training.view_trainingpolicy", raise_exception=True)
def one(request: AuthedRequest, slug: str) -> HttpResponse:
    context = _one(_named(slug), request.user)
    return render_either(request, page=PAGE, fragment=ONE, context=context)


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def save(request: AuthedRequest, slug: str) -> HttpResponse:
    """Save the group that was typed, unless somebody else changed it meanwhile.

    What loosens a four-eyes rule is asked for instead, and waits for another person.
    """
    group, row = _named(slug), policies.policy()
    is_as_seen = request.POST.get("seen") in (None, fingerprint_of(group, row))
    form = _form(group, request.user, request.POST)
    if not form.is_valid():
        return _keep_typed(request, form, first_error(form))
    if not is_as_seen:
        return _keep_typed(request, form, _(CHANGED_MEANWHILE))

    def act() -> str:
        wanted = form.changes_to(policies.policy())
        asked = change_and_ask(by=request.user, reason=form.why, **wanted)
        if not asked:
            return _("Saved. It holds from now on.")
        if len(asked) == len(wanted):
            return _("Asked for. The rule stays until another person confirms it.")
        return _("Saved. What loosens a rule waits until another person confirms it.")

    problem = attempt(request, act)
    if problem:
        return _keep_typed(request, form, problem)
    return answer(request, place(group, request.user))


def _keep_typed(
    request: AuthedRequest, form: RuleGroupForm, problem: str
) -> HttpResponse:
    focus_first_error(form)
    days = SimulationForm(request.POST if "days" in request.POST else None)
    typed = {"rule_form": form, "simulation_form": days}
    here = place(form.group, request.user, **typed)
    return keep_typed(request, here, PAGE, problem)


@require_POST
@permission_required("training.view_trainingpolicy", raise_exception=True)
def simulate(request: AuthedRequest) -> HttpResponse:
    """What the rules that hold would have done."""
    asked = SimulationForm(request.POST)
    if not asked.is_valid():
        here = Place("", ALL, lambda: _all(simulation_form=asked))
        return retarget(keep_typed(request, here, PAGE, first_error(asked)), "#page")
    card = simulation_card(policies.policy(), asked.cleaned_data["days"])
    typed = {"simulation": card, "simulation_form": asked}
    context = typed if wants_fragment(request) else _all(**typed)
    return render_either(request, page=PAGE, fragment=TRIED, context=context)


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def simulate_typed(request: AuthedRequest, slug: str) -> HttpResponse:
    """What the rules would have done with this group as typed; nothing is saved."""
    group = _named(slug)
    form = _form(group, request.user, request.POST)
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
    context = typed if wants_fragment(request) else _one(group, request.user, **typed)
    return render_either(request, page=PAGE, fragment=TRIED, context=context)

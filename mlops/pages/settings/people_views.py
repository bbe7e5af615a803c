"""Settings, people and roles: who is here, what they may do, and changing it."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from mlops.pages.settings.frame import PAGE, answer_with_secret, framed
from mlops.pages.settings.people_forms import NewPersonForm, RolesForm
from mlops.pages.shared import people
from mlops.pages.shared.responses import Place, answer, attempt, first_error, keep_typed
from preciso.http import AuthedRequest, render_either
from training.models.accounts import is_service_account, name_of
from training.services.people import user_accounts as services
from training.services.people.roles import is_within_reach

ALL, ROLES = "mlops/settings/_people.html", "mlops/settings/_roles.html"
NEW, ONE = "mlops/settings/_person_new.html", "mlops/settings/_person.html"
REVIEW = "mlops/settings/_roles_review.html"


@require_GET
@permission_required("training.view_trainingpolicy", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    context = framed("people", ALL, people=people.people())
    return render_either(request, page=PAGE, fragment=ALL, context=context)


@require_GET
@permission_required("training.view_trainingpolicy", raise_exception=True)
def roles(request: AuthedRequest) -> HttpResponse:
    """What each role may do."""
    context = framed("people", ROLES, matrix=people.roles_matrix())
    return render_either(request, page=PAGE, fragment=ROLES, context=context)


def _new(form: NewPersonForm) -> dict[str, Any]:
    return framed("people", NEW, person_form=form)


@require_GET
@permission_required("auth.add_user", raise_exception=True)
def new(request: AuthedRequest) -> HttpResponse:
    context = _new(NewPersonForm())
    return render_either(request, page=PAGE, fragment=NEW, context=context)


@never_cache
@require_POST
@permission_required("auth.add_user", raise_exception=True)
def add(request: AuthedRequest) -> HttpResponse:
    """Shows the first password once, on the page that answers; it is stored hashed."""
    form = NewPersonForm(request.POST)
    place = Place(reverse("mlops:settings-person-new"), NEW, lambda: _new(form))
    if not form.is_valid():
        return keep_typed(request, place, PAGE, first_error(form))
    wish = form.cleaned_data
    person, secret = User(), ""

    def act() -> str:
        nonlocal person, secret
        person, secret = services.add_person(
            wish["username"], by=request.user, name=wish["name"], roles=wish["roles"]
        )
        return _("%(person)s is added.") % {"person": name_of(person)}

    problem = attempt(request, act)
    if problem:
        return keep_typed(request, place, PAGE, problem)
    return answer_with_secret(request, _place(request, person, secret=secret))


def _one(request: AuthedRequest, person: User, **changed: Any) -> dict[str, Any]:
    held = {"roles": list(person.groups.all())}
    return framed(
        "people",
        ONE,
        **{
            "person": person,
            "is_oneself": person.pk == request.user.pk,
            "is_program": is_service_account(person),
            "is_within_reach": is_within_reach(person, by=request.user),
            "roles_form": RolesForm(initial=held),
            "tokens": people.tokens_of(person),
            "history": people.history_of(person),
            **changed,
        },
    )


def _place(request: AuthedRequest, person: User, **changed: Any) -> Place:
    url = reverse("mlops:settings-person", args=[person.pk])
    return Place(url, ONE, lambda: _one(request, person, **changed))


@require_GET
@permission_required("auth.change_user", raise_exception=True)
def one(request: AuthedRequest, person_id: int) -> HttpResponse:
    context = _one(request, get_object_or_404(User, pk=person_id))
    return render_either(request, page=PAGE, fragment=ONE, context=context)


@require_GET
@permission_required("auth.change_user", raise_exception=True)
def review_roles(request: AuthedRequest, person_id: int) -> HttpResponse:
    """What the ticked roles would mean, in words; nothing is changed yet."""
    person = get_object_or_404(User, pk=person_id)
    form = RolesForm(request.GET)
    if not form.is_valid():
        place = _place(request, person, roles_form=form)
        return keep_typed(request, place, PAGE, first_error(form))
    wished = form.cleaned_data["roles"]
    context = framed(
        "people",
        REVIEW,
        person=person,
        wished=wished,
        review=people.roles_review(person, wished),
    )
    return render_either(request, page=PAGE, fragment=REVIEW, context=context)


@require_POST
@permission_required("auth.change_user", raise_exception=True)
def change_roles(request: AuthedRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    form = RolesForm(request.POST)
    if not form.is_valid():
        return answer(request, _place(request, person), first_error(form))
    seen = request.POST.getlist("seen") if "is_reviewed" in request.POST else None

    def act() -> str:
        wished = form.cleaned_data["roles"]
        services.change_roles(person, wished, by=request.user, expected=seen)
        return _("The roles are changed. They count from the next click on.")

    return answer(request, _place(request, person), attempt(request, act))


@require_POST
@permission_required("auth.change_user", raise_exception=True)
def switch_off(request: AuthedRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)

    def act() -> str:
        services.switch_off(person, by=request.user)
        return _("%(person)s is switched off.") % {"person": name_of(person)}

    return answer(request, _place(request, person), attempt(request, act))


@require_POST
@permission_required("auth.change_user", raise_exception=True)
def switch_on(request: AuthedRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)

    def act() -> str:
        services.switch_on(person, by=request.user)
        return _("%(person)s can sign in again.") % {"person": name_of(person)}

    return answer(request, _place(request, person), attempt(request, act))


@never_cache
@require_POST
@permission_required("auth.change_user", raise_exception=True)
def reset_password(request: AuthedRequest, person_id: int) -> HttpResponse:
    """Shows the new password once, on the page that answers; it is stored hashed."""
    person = get_object_or_404(User, pk=person_id)
    secret = ""

    def act() -> str:
        nonlocal secret
        secret = services.reset_password(person, by=request.user)
        return _("There is a new password. It is shown this once.")

    problem = attempt(request, act)
    return answer_with_secret(request, _place(request, person, secret=secret), problem)

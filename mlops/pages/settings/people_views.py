"""Settings, people and roles: who is here, what they may do, and changing it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from mlops.pages.settings.frame import framed, keep_typed, show, show_once
from mlops.pages.settings.people_forms import NewPersonForm, RolesForm
from mlops.pages.shared import people
from mlops.pages.shared.responses import back_to, first_error, redraw, refusal_text
from preciso.http import AuthedRequest, wants_fragment
from training.errors import DomainError
from training.models.accounts import is_service_account, name_of
from training.services.people import user_accounts
from training.services.people.roles import is_within_reach

ALL, ROLES = "mlops/settings/_people.html", "mlops/settings/_roles.html"
NEW, ONE = "mlops/settings/_person_new.html", "mlops/settings/_person.html"
REVIEW = "mlops/settings/_roles_review.html"


@require_GET
@permission_required("training.view_trainingpolicy", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    return show(request, framed("people", ALL, people=people.people()))


@require_GET
@permission_required("training.view_trainingpolicy", raise_exception=True)
def roles(request: AuthedRequest) -> HttpResponse:
    """What each role may do."""
    return show(request, framed("people", ROLES, matrix=people.roles_matrix()))


@require_GET
@permission_required("auth.add_user", raise_exception=True)
def new(request: AuthedRequest) -> HttpResponse:
    return show(request, framed("people", NEW, person_form=NewPersonForm()))


@never_cache
@require_POST
@permission_required("auth.add_user", raise_exception=True)
def add(request: AuthedRequest) -> HttpResponse:
    """Shows the first password once, on the page that answers; it is stored hashed."""
    form = NewPersonForm(request.POST)
    form_context = framed("people", NEW, person_form=form)
    if not form.is_valid():
        return keep_typed(request, form_context, first_error(form))
    data = form.cleaned_data
    try:
        person, secret = user_accounts.add_person(
            data["username"], by=request.user, name=data["name"], roles=data["roles"]
        )
    except DomainError as refusal:
        return keep_typed(request, form_context, refusal_text(request, refusal))
    messages.success(request, _("%(person)s is added.") % {"person": name_of(person)})
    return show_once(request, _one(request, person, secret=secret))


def _one(request: AuthedRequest, person: User, **changed: Any) -> dict[str, Any]:
    context = framed(
        "people",
        ONE,
        person=person,
        is_oneself=person.pk == request.user.pk,
        is_program=is_service_account(person),
        is_within_reach=is_within_reach(person, by=request.user),
        roles_form=RolesForm(initial={"roles": list(person.groups.all())}),
        tokens=people.tokens_of(person),
        history=people.history_of(person),
    )
    return context | changed


def _redraw(request: AuthedRequest, person: User, problem: str = "") -> HttpResponse:
    """The person as they are now: redrawn for htmx, by a redirect without it."""
    if not wants_fragment(request):
        url = reverse("mlops:settings-person", args=[person.pk])
        return back_to(request, url, problem)
    return redraw(request, ONE, _one(request, person), problem)


@require_GET
@permission_required("auth.change_user", raise_exception=True)
def one(request: AuthedRequest, person_id: int) -> HttpResponse:
    return show(request, _one(request, get_object_or_404(User, pk=person_id)))


@require_GET
@permission_required("auth.change_user", raise_exception=True)
def review_roles(request: AuthedRequest, person_id: int) -> HttpResponse:
    """What the ticked roles would mean, in words; nothing is changed yet."""
    person = get_object_or_404(User, pk=person_id)
    form = RolesForm(request.GET)
    if not form.is_valid():
        context = _one(request, person, roles_form=form)
        return keep_typed(request, context, first_error(form))
    new_roles = form.cleaned_data["roles"]
    context = framed(
        "people",
        REVIEW,
        person=person,
        new_roles=new_roles,
        review=people.roles_review(person, new_roles),
    )
    return show(request, context)


@require_POST
@permission_required("auth.change_user", raise_exception=True)
def change_roles(request: AuthedRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    form = RolesForm(request.POST)
    if not form.is_valid():
        return _redraw(request, person, first_error(form))
    is_reviewed = "is_reviewed" in request.POST
    try:
        user_accounts.change_roles(
            person,
            form.cleaned_data["roles"],
            by=request.user,
            # The review page sends what it showed, so that nobody confirms roles that
            # were changed meanwhile.
            expected=request.POST.getlist("seen") if is_reviewed else None,
        )
    except DomainError as refusal:
        return _redraw(request, person, refusal_text(request, refusal))
    messages.success(
        request, _("The roles are changed. They count from the next click on.")
    )
    return _redraw(request, person)


@require_POST
@permission_required("auth.change_user", raise_exception=True)
def switch_off(request: AuthedRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    try:
        user_accounts.switch_off(person, by=request.user)
    except DomainError as refusal:
        return _redraw(request, person, refusal_text(request, refusal))
    message = _("%(person)s is switched off.") % {"person": name_of(person)}
    messages.success(request, message)
    return _redraw(request, person)


@require_POST
@permission_required("auth.change_user", raise_exception=True)
def switch_on(request: AuthedRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    try:
        user_accounts.switch_on(person, by=request.user)
    except DomainError as refusal:
        return _redraw(request, person, refusal_text(request, refusal))
    message = _("%(person)s can sign in again.") % {"person": name_of(person)}
    messages.success(request, message)
    return _redraw(request, person)


@never_cache
@require_POST
@permission_required("auth.change_user", raise_exception=True)
def reset_password(request: AuthedRequest, person_id: int) -> HttpResponse:
    """Shows the new password once, on the page that answers; it is stored hashed."""
    person = get_object_or_404(User, pk=person_id)
    try:
        secret = user_accounts.reset_password(person, by=request.user)
    except DomainError as refusal:
        return _redraw(request, person, refusal_text(request, refusal))
    messages.success(request, _("There is a new password. It is shown only this once."))
    return show_once(request, _one(request, person, secret=secret))

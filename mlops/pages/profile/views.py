"""One's own name, language, time zone, password and tokens."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST
from django.views.i18n import set_language as set_language_cookie

from mlops.pages.profile.forms import OwnPasswordForm, ProfileForm
from mlops.pages.shared import people, preferences
from mlops.pages.shared.responses import attempt, focus_first_error
from preciso import client_address
from preciso.http import AuthedRequest
from preciso.views import too_many
from training.models import OpenSession
from training.services.people.user_accounts import choose_password, rename
from training.services.sign_in import guard
from training.services.sign_in.sessions import begin

PAGE = "mlops/profile/page.html"


def _shown(request: AuthedRequest, status: int = 200, **changed: Any) -> HttpResponse:
    may_see_tokens = request.user.has_perm("training.view_apitoken")
    context = {
        "profile_form": ProfileForm.of(request.user),
        "password_form": OwnPasswordForm(request.user),
        "tokens": people.tokens_of(request.user) if may_see_tokens else [],
        **changed,
    }
    return render(request, PAGE, context, status=status)


@require_GET
def page(request: AuthedRequest) -> HttpResponse:
    """Everybody's own: no right is needed but to be signed in."""
    return _shown(request)


@require_POST
def save(request: AuthedRequest) -> HttpResponse:
    form = ProfileForm(request.POST)
    if not form.is_valid():
        focus_first_error(form)
        return _shown(request, 409, profile_form=form)
    wish = form.cleaned_data

    def act() -> str:
        with transaction.atomic():
            rename(request.user, wish["name"], by=request.user)
            preferences.choose(
                request.user, language=wish["language"], time_zone=wish["time_zone"]
            )
        with override(wish["language"] or None):
            return _("Saved.")

    problem = attempt(request, act)
    if problem:
        return _shown(request, 409, profile_form=form, problem=problem)
    return _remembering(redirect("mlops:profile"), wish["language"])


def _remembering(response: HttpResponse, language: str) -> HttpResponse:
    """The sign-in page, where nobody is known, speaks the language chosen last."""
    if language:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, samesite="Lax")
    return response


@sensitive_post_parameters()
@require_POST
def password(request: AuthedRequest) -> HttpResponse:
    """A new password; this session goes on, all others of the person end."""
    at = guard.door(request.user.get_username(), client_address.address(request))
    wait = guard.enter(at)
    if wait:
        answer = _shown(request, 429, problem=too_many(wait))
        answer["Retry-After"] = str(wait)
        return answer
    form = OwnPasswordForm(request.user, request.POST)
    valid = form.is_valid()
    if "old_password" not in form.errors:
        guard.succeeded(at)
    if not valid:
        focus_first_error(form)
        return _shown(request, 409, password_form=form)
    choose_password(
        request.user,
        form.cleaned_data["new_password1"],
        here=request.session.session_key or "",
    )
    OpenSession.objects.filter(key=request.session.session_key).delete()
    update_session_auth_hash(request, request.user)
    begin(request, request.user)
    messages.success(
        request,
        _("The password is changed. Your other sessions and your API tokens ended."),
    )
    return redirect("mlops:profile")


@login_not_required
def set_language(request: HttpRequest) -> HttpResponseBase:
    """The switch in the side bar: kept in a cookie, and with whoever is signed in."""
    response = set_language_cookie(request)
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        preferences.choose(request.user, language=language)
    return response

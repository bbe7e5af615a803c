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
from mlops.pages.shared.responses import focus_first_error, refusal_text
from preciso import client_address
from preciso.http import AuthedRequest
from preciso.views import too_many
from training.errors import DomainError
from training.models import OpenSession
from training.services.people.user_accounts import choose_password, rename
from training.services.sign_in import guard
from training.services.sign_in.sessions import begin

PAGE = "mlops/profile/page.html"


def _render(request: AuthedRequest, status: int = 200, **changed: Any) -> HttpResponse:
    """The page, with another form or a problem in place of what it has at first."""
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
    return _render(request)


@require_POST
def save(request: AuthedRequest) -> HttpResponse:
    form = ProfileForm(request.POST)
    if not form.is_valid():
        focus_first_error(form)
        return _render(request, 409, profile_form=form)
    language, time_zone = form.cleaned_data["language"], form.cleaned_data["time_zone"]
    try:
        with transaction.atomic():
            rename(request.user, form.cleaned_data["name"], by=request.user)
            preferences.choose(request.user, language=language, time_zone=time_zone)
    except DomainError as refusal:
        problem = refusal_text(request, refusal)
        return _render(request, 409, profile_form=form, problem=problem)
    with override(language or None):  # the next page speaks it, and so does this
        messages.success(request, _("Saved."))
    response = redirect("mlops:profile")
    if language:
        # The sign-in page, where nobody is known, speaks the language chosen last.
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, samesite="Lax")
    return response


@sensitive_post_parameters()
@require_POST
def password(request: AuthedRequest) -> HttpResponse:
    """A new password; this session goes on, all others of the person end."""
    at = guard.attempt_by(request.user.get_username(), client_address.address(request))
    wait = guard.count_attempt(at)
    if wait:
        answer = _render(request, 429, problem=too_many(wait))
        answer["Retry-After"] = str(wait)
        return answer
    form = OwnPasswordForm(request.user, request.POST)
    valid = form.is_valid()
    if "old_password" not in form.errors:
        guard.clear_after_success(at)
    if not valid:
        focus_first_error(form)
        return _render(request, 409, password_form=form)
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

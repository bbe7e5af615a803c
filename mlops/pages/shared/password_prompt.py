"""The password once more, in the page of the form that was sent."""

from typing import Any

from django.conf import settings
from django.contrib.auth import user_login_failed
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget

from preciso import action_origin, client_address, password_again
from preciso.http import AuthedRequest, wants_fragment
from preciso.middleware import page_of
from preciso.views import too_many
from training.services.people.passwords import PasswordCheck, check_password
from training.services.sign_in import guard

PAGE, PART = "registration/again.html", "registration/_again.html"


def ask(request: AuthedRequest, check: PasswordCheck | None = None) -> HttpResponse:
    """The form that was sent, out of sight, with a field for the password.

    Where it cannot be repeated, a page that asks for the password alone and leads back.
    """
    context: dict[str, Any] = {"next": page_of(request)}
    fields = password_again.fields_to_repeat(request)
    if fields is not None:
        context["fields"] = fields
        context["name"] = password_again.FIELD
        context["action"] = request.get_full_path()
    return _answer(request, context, check)


def check_sent_password(request: AuthedRequest) -> HttpResponse | None:
    """Check the password that came along with a form.

    None where it is right, and the form is carried out; else the page that asks again.
    """
    typed = password_again.pop_password(request)
    check = _check(request, typed)
    return None if check.is_right else ask(request, check)


def _check(request: AuthedRequest, typed: str) -> PasswordCheck:
    """Check it as at the sign-in; a wrong one, and one too many, goes on record so."""
    name = request.user.get_username()
    check = check_password(request.user, typed, address=client_address.address(request))
    if check.is_right:
        password_again.note_password(request)
        action_origin.note_fresh_password(True)
    elif check.wait:
        guard.locked_out.send(_check, request=request, username=name)
    else:
        user_login_failed.send(_check, credentials={"username": name}, request=request)
    return check


def _answer(
    request: AuthedRequest, context: dict[str, Any], check: PasswordCheck | None
) -> HttpResponse:
    if check is None:
        problem, status = "", 200
    elif check.wait:
        problem, status = too_many(check.wait), 429
    else:
        problem, status = _("This is not your password."), 409
    part = wants_fragment(request)
    values = {"name": "password", **context, "problem": problem, "is_part": part}
    response = render(request, PART if part else PAGE, values, status=status)
    if check and check.wait:
        response["Retry-After"] = str(check.wait)
    return reswap(retarget(response, "#page"), "innerHTML") if part else response


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def page(request: AuthedRequest) -> HttpResponse:
    """Asks for the password alone; a right one counts for some minutes."""
    next_url = request.POST.get("next") or request.GET.get("next", "")
    hosts = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(next_url, allowed_hosts=hosts)
    back = next_url if safe else str(settings.LOGIN_REDIRECT_URL)
    if request.method == "GET":
        return _answer(request, {"next": back}, None)
    check = _check(request, request.POST.get("password", ""))
    return redirect(back) if check.is_right else _answer(request, {"next": back}, check)

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


def ask(request: AuthedRequest, tried: PasswordCheck | None = None) -> HttpResponse:
    """The form that was sent, out of sight, with a field for the password.

    Where it cannot be kept, a page that asks for the password alone and leads back.
    """
    fields = password_again.fields_to_repeat(request)
    back = page_of(request)
    if fields is None:
        return _answer(request, {"next": back}, tried)
    kept = {
        "fields": fields,
        "name": password_again.FIELD,
        "action": request.get_full_path(),
    }
    return _answer(request, {"next": back, **kept}, tried)


def take(request: AuthedRequest) -> HttpResponse | None:
    """A password that came along with a form: None, and the form is carried out."""
    typed = password_again.pop_password(request)
    tried = _try(request, typed)
    return None if tried.is_right else ask(request, tried)


def _try(request: AuthedRequest, typed: str) -> PasswordCheck:
    """On record as at the door: a wrong one, and one that was not looked at."""
    name = request.user.get_username()
    tried = check_password(request.user, typed, address=client_address.address(request))
    if tried.is_right:
        password_again.note_password(request)
        action_origin.note_fresh_password(True)
    elif tried.wait:
        guard.locked_out.send(_try, request=request, username=name)
    else:
        user_login_failed.send(_try, credentials={"username": name}, request=request)
    return tried


def _answer(
    request: AuthedRequest, context: dict[str, Any], tried: PasswordCheck | None
) -> HttpResponse:
    if tried is None:
        problem, status = "", 200
    elif tried.wait:
        problem, status = too_many(tried.wait), 429
    else:
        problem, status = _("This is not your password."), 409
    part = wants_fragment(request)
    shown = {"name": "password", **context, "problem": problem, "is_part": part}
    answer = render(request, PART if part else PAGE, shown, status=status)
    if tried and tried.wait:
        answer["Retry-After"] = str(tried.wait)
    return reswap(retarget(answer, "#page"), "innerHTML") if part else answer


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def page(request: AuthedRequest) -> HttpResponse:
    """Asks for the password alone; a right one counts for some minutes."""
    wished = request.POST.get("next") or request.GET.get("next", "")
    hosts = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(wished, allowed_hosts=hosts)
    back = wished if safe else str(settings.LOGIN_REDIRECT_URL)
    if request.method == "GET":
        return _answer(request, {"next": back}, None)
    tried = _try(request, request.POST.get("password", ""))
    return redirect(back) if tried.is_right else _answer(request, {"next": back}, tried)

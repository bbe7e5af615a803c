"""One's own sessions, and the password once more."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from preciso import again, client
from preciso.http import AuthedRequest
from preciso.views import too_many
from training.services import guard, sessions

PAGE, AGAIN = "mlops/profile/sessions.html", "registration/again.html"


@require_GET
def page(request: AuthedRequest) -> HttpResponse:
    """Everybody's own: no right is needed but to be signed in."""
    rows = sessions.of_person(request.user)
    here = request.session.session_key
    return render(request, PAGE, {"sessions": rows, "here": here})


@require_POST
def end(request: AuthedRequest, session_id: int) -> HttpResponse:
    sessions.end(get_object_or_404(request.user.open_sessions, pk=session_id))
    messages.success(request, _("That session has ended."))
    return redirect("mlops:profile-sessions")


@require_POST
def end_everywhere(request: AuthedRequest) -> HttpResponse:
    sessions.end_everywhere(request.user, by=request.user)
    logout(request)
    return redirect("login")


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password(request: AuthedRequest) -> HttpResponse:
    """Asks for the password again; a right one counts for some minutes."""
    wished = request.POST.get("next") or request.GET.get("next", "")
    hosts = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(wished, allowed_hosts=hosts)
    back = wished if safe else str(settings.LOGIN_REDIRECT_URL)
    if request.method == "GET":
        return render(request, AGAIN, {"next": back})
    at = guard.door(request.user.get_username(), client.address(request))
    wait = guard.enter(at)
    if wait:
        context = {"next": back, "problem": too_many(wait)}
        answer = render(request, AGAIN, context, status=429)
        answer["Retry-After"] = str(wait)
        return answer
    if not request.user.check_password(request.POST.get("password", "")):
        context = {"next": back, "problem": _("This is not your password.")}
        return render(request, AGAIN, context, status=409)
    guard.succeeded(at)
    again.note_password(request)
    return redirect(back)

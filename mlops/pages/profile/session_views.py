"""One's own sessions: seen, ended."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from preciso.http import AuthedRequest
from training.services.sign_in import sessions

PAGE = "mlops/profile/sessions.html"


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

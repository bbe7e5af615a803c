"""Views that belong to no app: probes, error pages, the locked sign-in page."""

import logging

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from huey.contrib.djhuey import HUEY

from preciso.refusal_responses import api_refusal, is_api_path

logger = logging.getLogger(__name__)


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Alive: the process answers. Asks nobody else."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready: the database and the queue answer; 503 names which does not."""
    checks = {"database": True, "queue": True}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("The database does not answer.")
        checks["database"] = False
    try:
        HUEY.pending_count()
    except Exception:
        logger.exception("The queue does not answer.")
        checks["queue"] = False
    ready = all(checks.values())
    body = {
        "status": "ok" if ready else "unavailable",
        **{name: "ok" if fine else "does not answer" for name, fine in checks.items()},
    }
    return JsonResponse(body, status=200 if ready else 503)


class SignInForm(AuthenticationForm):
    """Answers alike for an unknown name, a wrong password and a disabled account.

    So nobody learns from it which names exist.
    """

    def get_invalid_login_error(self) -> ValidationError:
        return ValidationError(
            _(
                "No one can sign in with this name and password. Capital letters "
                "count. Somebody with the role Admin can make you a new password."
            ),
            code="invalid_login",
        )


def locked_out(request: HttpRequest, wait: int) -> HttpResponse:
    """The sign-in page after too many wrong passwords, with its ``next`` address."""
    context = {
        "form": SignInForm(request),
        "problem": too_many(wait),
        "next": request.POST.get("next", ""),
    }
    page = render(request, "registration/login.html", context, status=429)
    page["Retry-After"] = str(wait)
    return page


def too_many(wait: int) -> str:
    """A sentence on how long no password is checked; ``wait`` is in seconds."""
    if wait > 60:
        return _(
            "Too many wrong passwords. Wait ten minutes, then try again, or ask "
            "somebody with the role Admin for a new one."
        )
    return ngettext(
        "Too many wrong passwords. Wait %(count)d second, then try again.",
        "Too many wrong passwords. Wait %(count)d seconds, then try again.",
        wait,
    ) % {"count": wait}


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api_path(request.path_info):
        return api_refusal(404, "not_found", _("There is nothing at this address."))
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api_path(request.path_info):
        return api_refusal(400, "malformed", _("The request is malformed."))
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if is_api_path(request.path_info):
        return api_refusal(500, "error", _("Something went wrong on our side."))
    return defaults.server_error(request)

"""Views that belong to no app: probes, errors, a sign-in that is locked."""

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
    checks = {"database": _database_answers(), "queue": _queue_answers()}
    ready = all(checks.values())
    body = {
        "status": "ok" if ready else "unavailable",
        **{name: "ok" if fine else "does not answer" for name, fine in checks.items()},
    }
    return JsonResponse(body, status=200 if ready else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("The database does not answer.")
        return False
    return True


def _queue_answers() -> bool:
    try:
        HUEY.pending_count()
    except Exception:
        logger.exception("The queue does not answer.")
        return False
    return True


class SignInForm(AuthenticationForm):
    """Says the same of a name nobody has, a wrong password, and who is switched off."""

    def get_invalid_login_error(self) -> ValidationError:
        return ValidationError(
            _(
                "No one can sign in with this name and password. Capital letters "
                "count. Somebody with the role Admin can make you a new password."
            ),
            code="invalid_login",
        )


def locked_out(request: HttpRequest, wait: int) -> HttpResponse:
    """The sign-in page after too many wrong passwords; where one was going is kept."""
    context = {
        "form": SignInForm(request),
        "problem": too_many(wait),
        "next": request.POST.get("next", ""),
    }
    page = render(request, "registration/login.html", context, status=429)
    page["Retry-After"] = str(wait)
    return page


def too_many(wait: int) -> str:
    """How long no password is looked at, in a sentence."""
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
    if _is_api(request):
        return _api_error(404, "not_found", _("There is nothing at this address."))
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return _api_error(400, "malformed", _("The request is malformed."))
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if _is_api(request):
        return _api_error(500, "error", _("Something went wrong on our side."))
    return defaults.server_error(request)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _api_error(status: int, code: str, detail: str) -> JsonResponse:
    return JsonResponse({"code": code, "detail": detail}, status=status)

"""Sessions that end, the password asked again, the language and clock of a person."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from mlops.pages.shared.password_prompt import ask, check_sent_password
from mlops.pages.shared.preferences import clock_of, preferences_of
from preciso import action_origin, password_again
from training.errors import PasswordNeeded
from training.services.sign_in import sessions


class SessionEndMiddleware:
    """Before anybody is asked who it is: a session that is over is nobody's.

    What happens in one that goes on may ask whether the password was typed lately.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if sessions.tend(request):
            action_origin.note_fresh_password(password_again.is_fresh(request))
        return self.get_response(request)


class PreferencesMiddleware:
    """After LocaleMiddleware: what a person chose counts more than the browser's word.

    Only where somebody has to sign in; a probe asks for no person. Rules of the
    company (hours, schedule, days of a budget) never ask for the clock set here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_arguments: Any
    ) -> None:
        if not getattr(view, "login_required", True):
            return
        if not request.user.is_authenticated:
            return
        chosen = preferences_of(request.user)
        if chosen.language in dict(settings.LANGUAGES):
            translation.activate(chosen.language)
            request.LANGUAGE_CODE = chosen.language
        timezone.activate(clock_of(chosen) or timezone.get_default_timezone())


class PasswordAgainMiddleware:
    """A form whose act wants the password once more (``PasswordNeeded``) is kept in
    the page that asks for it, comes again with it, and is carried out.

    For pages and the admin; REST framework answers for itself. Last of all, so that
    sign-in and the check against forged forms have been before.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: Any, view: Callable[..., Any], *_arguments: Any
    ) -> HttpResponse | None:
        is_form = (
            request.method == "POST"
            and action_origin.current().via != action_origin.API
        )
        if not is_form or password_again.FIELD not in request.POST:
            return None
        return check_sent_password(request) if request.user.is_authenticated else None

    def process_exception(self, request: Any, error: Exception) -> HttpResponse | None:
        return ask(request) if isinstance(error, PasswordNeeded) else None

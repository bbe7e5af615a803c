"""Sessions end in time; a page speaks a person's language and tells their time."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from mlops.services.preferences import clock_of, preferences_of
from training.services import sessions


class SessionEndMiddleware:
    """Before anybody is asked who it is: a session that is over is nobody's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sessions.tend(request)
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

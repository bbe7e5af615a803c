"""Request ids, answers that nobody keeps, compressed pages, sign-in, and the CSP."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from preciso import action_origin, request_cache, request_id

HEADER = "Content-Security-Policy"

P = ParamSpec("P")
Policy = Mapping[str, Sequence[str]]


class CompressPagesMiddleware(GZipMiddleware):
    """Pages alone (ADR 30): answers of the API are short, and programs wait."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


class RequestIdMiddleware:
    """What one click did is found by it: in the audit trail, in the service log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with request_id.new() as made:
            response = self.get_response(request)
        response["X-Request-Id"] = made
        return response


class NoStoreMiddleware:
    """No browser and no proxy keeps an answer, unless its view said who may.

    Static files never come here: WhiteNoise, which stands before, answers them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Cache-Control", "no-store")
        return response


class ReadOnceMiddleware:
    """What only reads asks the database once for what its parts have in common."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with request_cache.reading():
            return self.get_response(request)


class ActingMiddleware:
    """What is recorded tells which way it came in: a page, the API, the admin."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with action_origin.through(action_origin.way_of(request.path_info)):
            return self.get_response(request)


class ContentSecurityPolicyMiddleware:
    """Adds the policy to each answer; a view may override it with `csp_override`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = getattr(response, "_csp_config", settings.SECURE_CSP)
        if policy and HEADER not in response:
            response[HEADER] = written(policy)
        return response


def written(policy: Policy) -> str:
    """The policy as the value of the header."""
    return "; ".join(" ".join([name, *sources]) for name, sources in policy.items())


def csp_override(
    policy: Policy,
) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Decorates a view whose page needs another policy than SECURE_CSP."""

    def decorate(view: Callable[P, Any]) -> Callable[P, Any]:
        @wraps(view)
        def answer(*args: P.args, **kwargs: P.kwargs) -> Any:
            response = view(*args, **kwargs)
            response._csp_config = policy
            return response

        return answer

    return decorate


class SignInMiddleware(LoginRequiredMiddleware):
    """Whose sign-in has ended signs in again, and is back where they were.

    htmx would follow a redirect and put the sign-in page into a part of the open one:
    it is told to leave the page instead.
    """

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> Any:
        answer = redirect_to_login(
            page_of(request),
            self.get_login_url(view_func),
            self.get_redirect_field_name(view_func),
        )
        if request.headers.get("HX-Request"):
            return HttpResponseClientRedirect(answer.url)
        return answer


def page_of(request: HttpRequest) -> str:
    """The page a person was on: a POST and a part of a page are no place to be."""
    if request.method == "GET" and not request.headers.get("HX-Request"):
        return request.get_full_path()
    said = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(said, allowed_hosts={request.get_host()}):
        return str(settings.LOGIN_REDIRECT_URL)
    return urlsplit(said)._replace(scheme="", netloc="").geturl()

"""Middleware: request ids, caching, compression, sign-in, Content-Security-Policy."""

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
    """Compresses pages only (ADR 30): answers of the API are short."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


class RequestIdMiddleware:
    """Gives each request an id that audit trail and service log can be searched by."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with request_id.new() as new_id:
            response = self.get_response(request)
        response["X-Request-Id"] = new_id
        return response


class NoStoreMiddleware:
    """Forbids browsers and proxies to store an answer, unless its view allows it.

    Static files never come here: WhiteNoise stands before this and answers them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Cache-Control", "no-store")
        return response


class ReadOnceMiddleware:
    """Lets the parts of a page share what they read (`preciso.request_cache`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with request_cache.reading():
            return self.get_response(request)


class ActingMiddleware:
    """Notes whether a page, the API or the admin was asked, for the audit trail."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with action_origin.through(action_origin.via_of_path(request.path_info)):
            return self.get_response(request)


class ContentSecurityPolicyMiddleware:
    """Adds the policy to each answer; a view may override it with `csp_override`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = getattr(response, "_csp_config", settings.SECURE_CSP)
        if policy and HEADER not in response:
            response[HEADER] = header_value(policy)
        return response


def header_value(policy: Policy) -> str:
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
    """Asks people whose session has ended to sign in, then leads back to their page.

    htmx would follow a redirect and put the sign-in page into a part of the open page,
    so it is told to load the sign-in page instead.
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
    """The address of the page a person was on, also if they sent a form or htmx asked.

    A POST or a part of a page cannot be opened again; then the browser's word counts.
    """
    if request.method == "GET" and not request.headers.get("HX-Request"):
        return request.get_full_path()
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}):
        return str(settings.LOGIN_REDIRECT_URL)
    return urlsplit(page)._replace(scheme="", netloc="").geturl()

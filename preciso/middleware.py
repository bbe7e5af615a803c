"""An id for each request; pages sent compressed; Content-Security-Policy."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from preciso import request_id

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

"""A page or only its fragment: decided here, once, for all views."""

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

HTMX_HEADERS = ["HX-Request", "HX-Boosted", "HX-History-Restore-Request"]


POLL = "Preciso-Poll"  # app.js sends it with what an open page asks by itself


class AuthedRequest(HttpRequest):
    """What a view behind the sign-in gets; a type, never instantiated by us."""

    htmx: HtmxDetails
    user: User


def wants_fragment(request: AuthedRequest) -> bool:
    """Whether htmx asks for a part of the page that is open already."""
    htmx = request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def is_poll(request: HttpRequest) -> bool:
    """Whether an open page asks for news by itself: nobody is known to sit there."""
    return POLL in request.headers


def render_either(
    request: AuthedRequest,
    *,
    page: str,
    fragment: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """The fragment for htmx, the whole page for everybody else."""
    template = fragment if wants_fragment(request) else page
    response = render(request, template, context, status=status)
    patch_vary_headers(response, HTMX_HEADERS)
    return response

"""Addresses and forms hold no NUL: no database stores it, and none would find it."""

from collections.abc import Callable
from itertools import chain
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

API = "/api/"


class AddressMiddleware:
    """Refuses it with 400, before a filter asks a database for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        query = request.META.get("QUERY_STRING", "")
        if "\0" in request.path_info or "\0" in query or "%00" in query:
            return _refused(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Behind the CSRF check, which has read the form; the API reads JSON."""
        if request.method != "POST" or request.path_info.startswith(API):
            return None
        texts = chain.from_iterable(values for _name, values in request.POST.lists())
        return _refused(request) if any("\0" in text for text in texts) else None


def _refused(request: HttpRequest) -> HttpResponse:
    detail = _("The address or the form contains a NUL character, which no text has.")
    if request.path_info.startswith(API):
        return JsonResponse({"code": "malformed", "detail": detail}, status=400)
    return HttpResponse(detail, content_type="text/plain; charset=utf-8", status=400)

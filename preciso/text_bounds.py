"""What addresses and forms of pages hold: no NUL, which no database stores, and no text
beyond the bounds of `preciso.limits`. The API's own are in its document."""

from collections.abc import Callable
from itertools import chain
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from preciso import limits

API = "/api/"
NUL = _("The address or the form contains a NUL character, which no text has.")


class AddressMiddleware:
    """Refuses with 400, before a filter asks a database or a service reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        query = request.META.get("QUERY_STRING", "")
        if "\0" in request.path_info or "\0" in query or "%00" in query:
            return _refused(request, NUL)
        is_page = not request.path_info.startswith(API)
        if is_page and (name := _too_long(request.GET, limits.ADDRESS)):
            return _refused(request, _sentence(name, limits.ADDRESS))
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Behind the CSRF check, which has read the form; the API reads JSON."""
        if request.method != "POST" or request.path_info.startswith(API):
            return None
        texts = chain.from_iterable(values for _name, values in request.POST.lists())
        if any("\0" in text for text in texts):
            return _refused(request, NUL)
        name = _too_long(request.POST, limits.TEXT)
        return _refused(request, _sentence(name, limits.TEXT)) if name else None


def _too_long(data: QueryDict, limit: int) -> str:
    """The name of a field that holds more than so many characters, or is that long."""
    for name, values in data.lists():
        if max(len(name), *map(len, values), 0) > limit:
            return name[: limits.LABEL]
    return ""


def _sentence(name: str, limit: int) -> str:
    said = _("%(field)s is longer than %(limit)d characters.")
    return said % {"field": name, "limit": limit}


def _refused(request: HttpRequest, said: str | Promise) -> HttpResponse:
    detail = str(said)
    if request.path_info.startswith(API):
        return JsonResponse({"code": "malformed", "detail": detail}, status=400)
    return HttpResponse(detail, content_type="text/plain; charset=utf-8", status=400)

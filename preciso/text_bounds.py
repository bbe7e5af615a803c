"""Bounds of the texts in addresses and in forms of pages.

No text may hold a NUL character, which no database stores, nor exceed the bounds of
`preciso.limits`. The API has bounds of its own for each field, in its OpenAPI document.
"""

from collections.abc import Callable
from itertools import chain
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from preciso import limits
from preciso.refusal_responses import is_api_path, refusal_response

NUL = _("The address or the form contains a NUL character, which no text has.")


class TextBoundsMiddleware:
    """Answers 400 before a filter sends such a text to a database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        query = request.META.get("QUERY_STRING", "")
        if "\0" in request.path_info or "\0" in query or "%00" in query:
            return _refuse(request, NUL)
        is_page = not is_api_path(request.path_info)
        if is_page and (problem := _too_long(request.GET, limits.ADDRESS)):
            return _refuse(request, problem)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        # Here and not in __call__: the CSRF check has read the form by now.
        if request.method != "POST" or is_api_path(request.path_info):
            return None
        texts = chain.from_iterable(values for _name, values in request.POST.lists())
        if any("\0" in text for text in texts):
            return _refuse(request, NUL)
        problem = _too_long(request.POST, limits.TEXT)
        return _refuse(request, problem) if problem else None


def _too_long(data: QueryDict, limit: int) -> str:
    """A sentence about the first field whose name or value is longer, else empty."""
    for name, values in data.lists():
        if max(len(name), *map(len, values), 0) > limit:
            problem = _("%(field)s is longer than %(limit)d characters.")
            return problem % {"field": name[: limits.LABEL], "limit": limit}
    return ""


def _refuse(request: HttpRequest, problem: str | Promise) -> HttpResponse:
    return refusal_response(request, 400, "malformed", problem)

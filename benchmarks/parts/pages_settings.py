"""The settings of the web process in benchmarks/pages.py: it counts its queries."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

from preciso.settings import *  # noqa: F403
from preciso.settings import MIDDLEWARE

MIDDLEWARE = ["benchmarks.parts.pages_settings.CountQueries", *MIDDLEWARE]
HEADER = "X-Queries"


class CountQueries:
    """Says with each answer how many queries the database was asked for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = 0

        def count(execute: Callable[..., Any], *arguments: Any) -> Any:
            nonlocal asked
            asked += 1
            return execute(*arguments)

        with connection.execute_wrapper(count):
            response = self.get_response(request)
        response[HEADER] = str(asked)
        return response

"""Refusals that are not raised inside a view of the API: by middleware, by Django.

REST framework never sees these requests, so the form of the answer is decided here.
"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise

API_ROOT = "/api/"


def is_api_path(path: str) -> bool:
    """Whether a program asks for this path, and expects errors as JSON."""
    return path.startswith(API_ROOT)


def api_refusal(status: int, code: str, detail: str | Promise) -> JsonResponse:
    """An error in the form of the API; ``code`` is one of `preciso.refusals`."""
    return JsonResponse({"code": code, "detail": str(detail)}, status=status)


def refusal_response(
    request: HttpRequest, status: int, code: str, detail: str | Promise
) -> HttpResponse:
    """JSON for the API, and one sentence of plain text for everybody else."""
    if is_api_path(request.path_info):
        return api_refusal(status, code, detail)
    text = "text/plain; charset=utf-8"
    return HttpResponse(str(detail), content_type=text, status=status)

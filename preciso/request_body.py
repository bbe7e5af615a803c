"""A body is read whole, or its request is refused; it is never guessed.

Django reads as many bytes as Content-Length says: none where a client sends the body in
chunks instead, and what there is where the connection ended before its time. Either
would be carried out as if the rest had never been meant: an approval without its
decision accepts the recommendation.
"""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.handlers.wsgi import LimitedStream, WSGIRequest
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from preciso import limits

API = "/api/"
LENGTH = re.compile(r"[0-9]{1,18}")
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
BODYLESS = frozenset({"GET", "HEAD", "OPTIONS"})
CUT_OFF = _("The body ended before all of it had come; nothing was done.")
NO_LENGTH = _("Send the body with a Content-Length.")
TOO_LARGE = _(
    "A body in chunks may have %(most)d MB at most; send more with a Content-Length."
)
FORM_TOO_LARGE = _("The form is larger than a page sends; nothing was done.")
WRONG_LENGTH = _("How long the body is cannot be told from its headers.")


class BodyRefused(Exception):
    """The body cannot be read; nothing was done."""

    def __init__(self, status: int, code: str, detail: str | Promise) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail


class WholeStream(LimitedStream):
    """As many bytes as were announced. Raises UnreadablePostError where fewer come."""

    is_cut_off = False

    def __init__(self, stream: Any, length: int) -> None:
        super().__init__(stream, length)
        self._left = length

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(self._asked(size))
        return self._counted(data, is_whole=len(data) == self._asked(size))

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(self._asked(size))
        is_whole = len(line) == self._asked(size) or line.endswith(b"\n")
        return self._counted(line, is_whole=is_whole)

    def _asked(self, size: int | None) -> int:
        return self._left if size is None or size < 0 else min(size, self._left)

    def _counted(self, data: bytes, *, is_whole: bool) -> bytes:
        self._left -= len(data)
        if not is_whole:
            self.is_cut_off = True
            raise UnreadablePostError(str(CUT_OFF))
        return data


class WholeBodyMiddleware:
    """Stands behind the CSRF check, which reads a form and forgives one cut off."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: WSGIRequest) -> HttpResponseBase:
        try:
            announce_body(request)
            _require_small_form(request)
        except BodyRefused as refusal:
            return _refused(request, refusal)
        return self.get_response(request)

    def process_view(
        self, request: WSGIRequest, _view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponseBase | None:
        if getattr(request._stream, "is_cut_off", False):
            return _refused(request, BodyRefused(400, "malformed", CUT_OFF))
        return None


def announce_body(request: WSGIRequest) -> None:
    """Let everything behind this see how long the body is. Raises BodyRefused."""
    environ = request.environ
    length = environ.get("CONTENT_LENGTH") or ""
    coding = environ.get("HTTP_TRANSFER_ENCODING", "").strip().lower()
    if length:
        if coding or not LENGTH.fullmatch(length):
            raise BodyRefused(400, "malformed", WRONG_LENGTH)
        whole = WholeStream(environ["wsgi.input"], int(length))
        request._stream = cast(BinaryIO, whole)
    elif coding not in {"", "chunked"}:
        raise BodyRefused(411, "length_required", NO_LENGTH)
    elif coding or request.method not in BODYLESS:
        body = _whole_body(environ, coding)
        environ["CONTENT_LENGTH"] = str(len(body))
        request._stream = BytesIO(body)


def _require_small_form(request: WSGIRequest) -> None:
    """What a page sends is small; the API's bodies have bounds of their own."""
    length = int(request.environ.get("CONTENT_LENGTH") or 0)
    if length <= limits.FORM or request.path_info.startswith(API):
        return
    if request.content_type in FORMS:
        raise BodyRefused(413, "too_large", FORM_TOO_LARGE)


def _whole_body(environ: dict[str, Any], coding: str) -> bytes:
    """What a body without Content-Length says. Raises BodyRefused."""
    if not environ.get("wsgi.input_terminated"):
        # This server does not say where such a body ends: reading could go on forever.
        if coding:
            raise BodyRefused(411, "length_required", NO_LENGTH)
        return b""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    try:
        body: bytes = environ["wsgi.input"].read(limit + 1)
    except OSError as error:
        raise BodyRefused(400, "malformed", CUT_OFF) from error
    if len(body) > limit:
        detail = TOO_LARGE % {"most": limit // 1024**2}
        raise BodyRefused(413, "too_large", detail)
    return body


def _refused(request: HttpRequest, refusal: BodyRefused) -> HttpResponse:
    detail = str(refusal.detail)
    if request.path.startswith(API):
        body = {"code": refusal.code, "detail": detail}
        return JsonResponse(body, status=refusal.status)
    return HttpResponse(detail, "text/plain; charset=utf-8", status=refusal.status)

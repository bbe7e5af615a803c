"""A request's body is read whole, or the request is refused.

Django reads as many bytes as Content-Length says: none if a client sends the body in
chunks instead, and too few if the connection ended early. A view would then act on part
of what was sent: an approval without its decision accepts the recommendation.
"""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.handlers.wsgi import LimitedStream, WSGIRequest
from django.http import HttpRequest, UnreadablePostError
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from preciso import limits
from preciso.refusal_responses import is_api_path, refusal_response

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
    """As many bytes as were announced. Raises UnreadablePostError if fewer come."""

    is_cut_off = False  # whether fewer bytes came than were announced

    def __init__(self, stream: Any, length: int) -> None:
        super().__init__(stream, length)
        self._left = length

    def read(self, size: int | None = -1, /) -> bytes:
        expected = self._expected(size)
        data = super().read(expected)
        return self._checked(data, is_whole=len(data) == expected)

    def readline(self, size: int | None = -1, /) -> bytes:
        expected = self._expected(size)
        line = super().readline(expected)
        return self._checked(
            line, is_whole=len(line) == expected or line.endswith(b"\n")
        )

    def _expected(self, size: int | None) -> int:
        return self._left if size is None or size < 0 else min(size, self._left)

    def _checked(self, data: bytes, *, is_whole: bool) -> bytes:
        self._left -= len(data)
        if not is_whole:
            self.is_cut_off = True
            raise UnreadablePostError(str(CUT_OFF))
        return data


class WholeBodyMiddleware:
    """Refuses a request whose body did not come whole.

    It stands behind the CSRF check, which reads a form and ignores that one was cut
    off; ``process_view`` looks again for that reason.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: WSGIRequest) -> HttpResponseBase:
        try:
            announce_body(request)
            # The API's bodies have bounds of their own.
            length = int(request.environ.get("CONTENT_LENGTH") or 0)
            if (
                length > limits.FORM
                and request.content_type in FORMS
                and not is_api_path(request.path_info)
            ):
                raise BodyRefused(413, "too_large", FORM_TOO_LARGE)
        except BodyRefused as refusal:
            return refusal_response(
                request, refusal.status, refusal.code, refusal.detail
            )
        return self.get_response(request)

    def process_view(
        self, request: WSGIRequest, _view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponseBase | None:
        if getattr(request._stream, "is_cut_off", False):
            return refusal_response(request, 400, "malformed", CUT_OFF)
        return None


def announce_body(request: WSGIRequest) -> None:
    """Set the length of the body for everything that reads it. Raises BodyRefused."""
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
        body = _read_without_length(environ, coding)
        environ["CONTENT_LENGTH"] = str(len(body))
        request._stream = BytesIO(body)


def _read_without_length(environ: dict[str, Any], coding: str) -> bytes:
    """The body of a request that has no Content-Length. Raises BodyRefused."""
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

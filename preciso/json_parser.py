"""JSON bodies: bounded, no name twice, and only texts that every database can store."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from preciso.api import DuplicateField, PayloadTooLarge

LONGEST_NAME = 100

# An escape counts when the backslashes before it come in pairs.
ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class StrictJSONParser(JSONParser):
    """Raises ParseError for what is no JSON, PayloadTooLarge for what is too much."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        # The stream ends where the body does: see preciso.request_body.
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise PayloadTooLarge()
        try:
            text = body.decode("utf-8")
            value = json.loads(
                text,
                parse_constant=_refuse_constant,
                object_pairs_hook=_without_duplicates,
            )
        except UnicodeDecodeError as error:
            raise ParseError(_("The body is not UTF-8.")) from error
        except (ValueError, RecursionError) as error:
            raise ParseError(
                _("The body is no JSON: %(why)s.") % {"why": error}
            ) from error
        _check_texts(text, value)
        return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Which of two values was meant cannot be told. Raises DuplicateField."""
    value = dict(pairs)
    if len(value) != len(pairs):
        times = Counter(name for name, _value in pairs)
        twice = next(name for name in times if times[name] > 1)[:LONGEST_NAME]
        name = twice.encode(errors="replace").decode()  # half a surrogate pair
        raise DuplicateField(_("The field %(name)s is there twice.") % {"name": name})
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _check_texts(text: str, value: Any) -> None:
    """PostgreSQL stores neither NUL nor half a surrogate pair."""
    if ESCAPED_NUL.search(text):
        raise ParseError(_("The body holds the character NUL."))
    if ESCAPED_SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ParseError(_("The body holds half of a surrogate pair.")) from error

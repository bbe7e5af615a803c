"""Fields and bodies of the API: ids are texts, times are UTC, null counts as absent.

Fields that come in are strict: a number is no text, and a text is no number.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request

from preciso.api import UnknownField

M = TypeVar("M", bound=Model)

# How a time that comes in is written, for the OpenAPI document. The pattern allows no
# day after the 28th, for it cannot tell the months apart; the first form does.
MOMENT: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "format": "date-time"},
        {
            "type": "string",
            "pattern": r"^[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])"
            r"(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?)?$",
        },
    ],
    "description": "ISO 8601; without an offset it is UTC.",
}
LARGEST_ID = 2**63 - 1
LONGEST_NAME = 100  # of an unknown field, in the sentence that refuses it


def as_id(text: str) -> int | None:
    """The number of an id; None for what no row can have as its id."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ID))):
        return None
    number = int(text)
    return number if number <= LARGEST_ID else None


def row_or_404(rows: QuerySet[M], pk: str) -> M:
    """The row with this id. Raises NotFound, also for an id that is no number."""
    number = as_id(pk)
    row = None if number is None else rows.filter(pk=number).first()
    if row is None:
        model = rows.model._meta.verbose_name
        raise NotFound(
            gettext("There is no %(thing)s %(id)s.") % {"thing": model, "id": pk[:40]}
        )
    return row


def moment(text: str) -> datetime:
    """An ISO 8601 time in UTC; one without a zone is UTC, a date is its midnight.

    Raises ValueError. A space counts as the plus that a query string turned into one.
    """
    head, space, zone = text.strip().rpartition(" ")
    joined = f"{head}+{zone}" if space and "T" in head else text.strip()
    parsed = parse_datetime(joined)
    if parsed is None:
        raise ValueError(f"{text[:40]!r} is no ISO 8601 time")
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text[:40]!r} is outside the calendar") from error


def utc_text(at: datetime) -> str:
    """A time as every answer writes it: ISO 8601 in UTC, with microseconds and Z."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Id(serializers.CharField):
    """An id; as input, a number is understood too."""

    default_error_messages = {"invalid": _("must be an id.")}

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, float) and data.is_integer():
            return str(int(data))  # 3.0 is 3, as JSON sees it
        if isinstance(data, bool) or not isinstance(data, str | int):
            self.fail("invalid")
        return str(data)


class Text(serializers.CharField):
    """A text, kept verbatim."""

    default_error_messages = {"invalid": _("must be a text.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "allow_blank": True, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


@extend_schema_field({"type": "string", "nullable": True})
class TextOrNull(serializers.Field):
    """Out only: a text, or null where there is none."""

    def to_representation(self, value: str) -> str | None:
        return str(value) or None


class Number(serializers.FloatField):
    """A finite number."""

    default_error_messages = {"invalid": _("must be a number.")}

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        try:
            return float(data)
        except OverflowError:
            self.fail("invalid")


class Whole(serializers.IntegerField):
    """A whole number; 3.0 is one, as JSON sees it."""

    default_error_messages = {"invalid": _("must be a whole number.")}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, float) and data.is_integer():
            return int(data)
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class Bool(serializers.BooleanField):
    """true or false; a number or a text is refused."""

    default_error_messages = {"invalid": _("must be true or false.")}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class DocumentTooLarge(APIException):
    status_code = 413
    default_code = "too_large"


class Document(serializers.DictField):
    """A JSON object, bounded by its bytes as JSON writes them in ASCII.

    Raises DocumentTooLarge.
    """

    def __init__(self, *, max_bytes: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_bytes = max_bytes

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        value: dict[str, Any] = super().to_internal_value(data)
        if len(json.dumps(value)) > self.max_bytes:
            raise DocumentTooLarge(
                gettext("%(field)s is longer than %(limit)d bytes as JSON.")
                % {"field": self.field_name, "limit": self.max_bytes}
            )
        return value


class Moment(serializers.DateTimeField):
    """A time."""

    default_error_messages = {
        "invalid": _("must be an ISO 8601 time such as 2026-01-31T09:00:00Z.")
    }

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid")
        try:
            return moment(value)
        except ValueError:
            self.fail("invalid")

    def to_representation(self, value: datetime) -> str:
        return utc_text(value)


@extend_schema_field(OpenApiTypes.DATETIME)
class StoredMoment(serializers.Field):
    """Out only: a time that is stored as text, inside JSON."""

    def to_representation(self, value: str) -> str:
        return utc_text(moment(value))


@extend_schema_field(OpenApiTypes.STR)
class Person(serializers.Field):
    """Out only: the name somebody signs in with; null is the system itself."""

    def to_representation(self, value: AbstractBaseUser) -> str:
        return value.get_username()


class Body(serializers.Serializer):
    """The JSON object that a request sends. Null counts as absent.

    A field that it does not have is refused (``unknown_field``), unless a subclass sets
    ``is_open`` and says why.
    """

    is_open = False
    default_error_messages = {
        "invalid": _("must be a JSON object."),
        "null": _("must be a JSON object."),
    }

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The checked body. Raises UnknownField, and ValidationError naming the first
        wrong field."""
        body = cls(data=request.data)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            self._refuse_unknown(data)
            data = {name: value for name, value in data.items() if value is not None}
        return super().to_internal_value(data)

    def _refuse_unknown(self, data: Mapping[str, Any]) -> None:
        unknown = next((name for name in data if name not in self.fields), None)
        if unknown is None or self.is_open:
            return
        above = [self.field_name] if self.field_name else []
        name = ".".join([*above, unknown[:LONGEST_NAME]])
        known = ", ".join(self.fields)
        raise UnknownField(
            gettext("%(name)s is no field of this request. It has: %(known)s.")
            % {"name": name, "known": known}
            if known
            else gettext("%(name)s is no field of this request: it has none.")
            % {"name": name}
        )


class NoBody(Body):
    """Of a verb that takes no parameters: no body, or ``{}``."""

"""Fields of request bodies, with the bounds that their service checks.

The service refuses with a sentence of its own. Through these fields the OpenAPI
document tells the bounds beforehand.
"""

from datetime import time
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from preciso import limits
from preciso.api_fields import Text

NOT_BLANK = r"\S"
WHOLE = {"type": "integer", "minimum": -limits.WHOLE, "maximum": limits.WHOLE}
NUMBER = {"type": "number", "minimum": -limits.NUMBER, "maximum": limits.NUMBER}
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"


@extend_schema_field(
    {
        "type": "string",
        "minLength": 1,
        "maxLength": limits.TEXT,
        "pattern": NOT_BLANK,
    }
)
class RequiredText(Text):
    """A text of more than blanks."""

    default_error_messages = {"blank": _("must say something.")}

    def __init__(self, **kwargs: Any) -> None:
        bounds = {"allow_blank": False, "max_length": limits.TEXT}
        super().__init__(**{**bounds, **kwargs})


@extend_schema_field(
    {
        "type": "string",
        "minLength": 1,
        "maxLength": limits.NAME,
        "pattern": NOT_BLANK,
    }
)
class Name(RequiredText):
    """The name of something, of at most ``limits.NAME`` characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": limits.NAME, **kwargs})


@extend_schema_field(
    {
        "anyOf": [
            {
                "type": "string",
                "minLength": 1,
                "maxLength": limits.LABEL,
                "pattern": NOT_BLANK,
            },
            WHOLE,
        ]
    }
)
class Label(RequiredText):
    """A short text or a whole number that names something."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": limits.LABEL, **kwargs})


@extend_schema_field(
    {
        "anyOf": [
            {"type": "string", "maxLength": limits.LABEL, "nullable": True},
            WHOLE,
        ]
    }
)
class OptionalLabel(Text):
    """A label that may be left out."""

    def __init__(self, **kwargs: Any) -> None:
        bounds = {"required": False, "max_length": limits.LABEL}
        super().__init__(**{**bounds, **kwargs})


@extend_schema_field(
    {"type": "string", "maxLength": limits.TEXT, "nullable": True},
)
class OptionalText(Text):
    def __init__(self, **kwargs: Any) -> None:
        bounds = {"required": False, "max_length": limits.TEXT}
        super().__init__(**{**bounds, **kwargs})


@extend_schema_field(
    {
        "anyOf": [
            {"type": "string", "maxLength": limits.TEXT, "nullable": True},
            NUMBER,
            {"type": "boolean"},
        ]
    }
)
class FactValue(serializers.JSONField):
    """The value of a fact."""


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": limits.PROTECTED,
        "additionalProperties": {
            "anyOf": [
                {
                    "type": "string",
                    "maxLength": limits.PROTECTED_VALUE,
                    "nullable": True,
                },
                NUMBER,
                {"type": "boolean"},
            ]
        },
        "nullable": True,
    }
)
class Protected(serializers.DictField):
    """Protected attributes and their values."""


@extend_schema_field({"type": "string", "pattern": CLOCK})
class ClockTime(serializers.RegexField):
    """A time of day, in the company's time zone."""

    default_error_messages = {"invalid": _("must be a time of day such as 09:00.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(CLOCK, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        return data

    def run_validation(self, data: Any = serializers.empty) -> Any:
        text = super().run_validation(data)
        return time.fromisoformat(text) if isinstance(text, str) else text


@extend_schema_field(
    {
        "anyOf": [
            {"type": "string", "pattern": r"^\d{1,8}(\.\d{1,4})?$"},
            {"type": "integer", "minimum": 0, "maximum": 99_999_999},
        ]
    }
)
class Price(serializers.DecimalField):
    """Money, as a text so that no digit is lost."""

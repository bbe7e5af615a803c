"""Single values of what is sent: bounded, and stored alike by every database."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from preciso import limits
from training.errors import InvalidInput

Json = Mapping[str, Any]


def text(data: Json, name: str, *, limit: int = limits.TEXT) -> str:
    """An optional text field; absent and null are empty. Raises InvalidInput."""
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidInput(_("%(field)s must be a text.") % {"field": name})
    return checked_text(value, name, limit)


def checked_text(value: str, name: str, limit: int = limits.TEXT) -> str:
    """A text that every database stores as it stands. Raises InvalidInput."""
    if len(value) > limit:
        raise InvalidInput(
            _("%(field)s is longer than %(limit)d characters.")
            % {"field": name, "limit": limit}
        )
    if "\x00" in value:
        raise InvalidInput(
            _("%(field)s contains a NUL character, which no text has.")
            % {"field": name}
        )
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise InvalidInput(
            _("%(field)s contains half of a surrogate pair, which no text has.")
            % {"field": name}
        )
    return value


def short_json(value: Json, limit: int = limits.TEXT) -> dict[str, Any]:
    """The object, or an empty one where it is longer than the limit as JSON."""
    return dict(value) if len(json.dumps(value)) <= limit else {}


def stated_reason(reason: str, needed: str = "") -> str:
    """What somebody says why, without blanks around it.

    Raises InvalidInput where it is too long; and saying ``needed``, if that is given,
    where nothing is said.
    """
    text = checked_text(reason, "reason").strip()
    if needed and not text:
        raise InvalidInput(needed)
    return text


def label(data: Json, name: str, *, required: bool = False) -> str:
    """A short text kept verbatim, but for blanks around it."""
    value = data.get(name)
    if (number := as_whole(value)) is not None:
        value = str(bounded(number, name, limits.WHOLE))
    short = text({name: value}, name, limit=limits.LABEL).strip()
    if required and not short:
        raise InvalidInput(_("%(field)s is required.") % {"field": name})
    return short


def probability(data: Json, name: str) -> float | None:
    """An optional number from 0 to 1. Raises InvalidInput."""
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(_("%(field)s must be a number.") % {"field": name})
    if not 0 <= value <= 1:
        raise InvalidInput(_("%(field)s must be from 0 to 1.") % {"field": name})
    return float(value)


def as_whole(value: Any) -> int | None:
    """A whole number, which JSON may write as 3 or as 3.0; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole else None


N = TypeVar("N", int, float)


def bounded(value: N, name: str, limit: float = limits.NUMBER) -> N:
    """The number. Raises InvalidInput where it is further from zero than allowed."""
    if abs(value) > limit:
        raise InvalidInput(
            _("%(field)s is not a number from -%(limit)s to %(limit)s.")
            % {"field": name, "limit": f"{limit:g}"}
        )
    return value

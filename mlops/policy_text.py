"""Values of the policy, of roles and of people's choices, as people say them."""

from collections.abc import Callable, Iterable
from datetime import time
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import get_language_info, gettext, pgettext_lazy

from training.choices import ReviewSource, TrainingScope
from training.schedules import in_words

ROLES: dict[str, str | Promise] = {  # a company's own roles stay as it named them
    "Viewer": pgettext_lazy("role", "Viewer"),
    "Reviewer": pgettext_lazy("role", "Reviewer"),
    "Operator": pgettext_lazy("role", "Operator"),
    "Integration": pgettext_lazy("role", "Integration"),
    "Admin": pgettext_lazy("role", "Admin"),
}


def policy_words(name: str, value: Any) -> str:
    """A value of the policy as a person would say it."""
    if value is None or value in ("", {}):
        return gettext("not set")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return POLICY_VALUES.get(name, _number)(value)


def _number(value: Any) -> str:
    """Figures as people write them; what is no figure as it stands."""
    if not isinstance(value, int | float):
        return str(value)
    plain = Decimal(repr(value)).normalize()
    return str(number_format(f"{plain:f}", force_grouping=True))


def _percent(share: float) -> str:
    percent = round(100 * share, 2)
    figure = int(percent) if float(percent).is_integer() else percent
    return f"{number_format(figure)} %"


def _blind(share: float) -> str:
    return gettext("every case: own opinion first") if share >= 1 else _percent(share)


def _by_way(numbers: dict[str, int]) -> str:
    ways = dict(ReviewSource.choices)
    return ", ".join(f"{ways.get(way, way)}: {n}" for way, n in numbers.items())


def _hour(hour: time | str) -> str:
    """The audit trail keeps it as text."""
    return hour if isinstance(hour, str) else hour.isoformat("minutes")


def role_words(names: Iterable[str]) -> str:
    return ", ".join(str(ROLES.get(name, name)) for name in names)


POLICY_VALUES: dict[str, Callable[[Any], str]] = {
    "min_confidence": _percent,
    "min_numbers_found": _percent,
    "promote_max_drop": _percent,
    "blind_share": _blind,
    "agreement_alert_below": _percent,
    "conflict_share": _percent,
    "min_evidence_by_source": _by_way,
    "training_scope": lambda scope: str(dict(TrainingScope.choices).get(scope, scope)),
    "batch_schedule": lambda expression: f"{in_words(expression)} ({expression})",
    "price_per_minute": lambda price: f"{Decimal(price).normalize():f}",
    "allowed_from": _hour,
    "allowed_until": _hour,
    "roles": lambda names: role_words(names) or gettext("no role"),
    "language": lambda code: get_language_info(code)["name_local"],
}

"""The rules of Auto and of the schedule in words: what holds, and what does not yet."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from training.refusals import in_words
from training.rule_results import earliest_chance

MOST_REASONS = 2  # reasons in one line; the others are counted
MIDDLE_DOT = "\N{MIDDLE DOT}"
RULES: dict[str, str | Promise] = {
    "switched_on": _("Auto is switched on"),
    "training_enabled": _("Training is switched on here"),
    "new_samples": _("Enough new samples"),
    "undo_window": _("Enough of them have settled"),
    "cooldown": _("Pause since the last training"),
    "runs_per_day": _("Automatic trainings today"),
    "minutes_per_day": _("Minutes of Auto today, with this one"),
    "budget": _("The training budget has room"),
    "allowed_hours": _("Within the allowed hours"),
    "no_training_running": _("No other training waits or runs"),
    "not_on_hold": _("Promotion is not on hold"),
    "submitted": _("The training could be submitted"),
    "judged": _("The rules could be looked at"),
}
BROKEN: dict[str, str | Promise] = {  # the same rules where they do not hold
    "switched_on": _("Auto is switched off"),
    "training_enabled": _("Training is switched off here"),
    "new_samples": _("Too few new samples"),
    "undo_window": _("Too few of them have settled"),
    "cooldown": _("Too soon after the last training"),
    "runs_per_day": _("Auto has trained often enough today"),
    "minutes_per_day": _("Too many minutes of Auto today, with this one"),
    "budget": _("The training budget has too little left"),
    "allowed_hours": _("Outside the allowed hours"),
    "no_training_running": _("Another training waits or runs"),
    "not_on_hold": _("Promotion is on hold"),
    "submitted": _("The training could not be submitted"),
    "judged": _("The rules could not be looked at"),
}


@dataclass(frozen=True)
class RuleLine:
    """One rule in words, with its figures where there are any, and a note below."""

    label: str | Promise
    ok: bool
    figures: str
    next_possible: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class RuleCard:
    """Why, or why not: what fails, what holds, and when all may hold at the earliest.

    ``next_possible`` is None where a failing rule cannot say when it will hold.
    """

    failing: list[RuleLine]
    holding: list[RuleLine]
    next_possible: datetime | None

    @property
    def lines(self) -> list[RuleLine]:
        return [*self.failing, *self.holding]

    @property
    def why_not(self) -> str:
        return why_not(self.failing)


def rule_lines(rules: list[dict[str, Any]]) -> list[RuleLine]:
    """The rules in words, failing ones first."""
    return sorted((_line(row) for row in rules), key=lambda line: line.ok)


def card(rules: list[dict[str, Any]]) -> RuleCard:
    """The stored rules of a decision, or those that hold now, as a card."""
    lines = rule_lines(rules)
    failing = [line for line in lines if not line.ok]
    chance = earliest_chance([line.next_possible for line in failing])
    return RuleCard(failing, [line for line in lines if line.ok], chance)


def why_not(lines: list[RuleLine]) -> str:
    """``Too few new samples (12 of 50) · Promotion is on hold``; "" if all holds."""
    failing = [line for line in lines if not line.ok]
    with_figures = gettext("%(rule)s (%(figures)s)")
    reasons = f" {MIDDLE_DOT} ".join(
        with_figures % {"rule": line.label, "figures": line.figures}
        if line.figures
        else str(line.label)
        for line in failing[:MOST_REASONS]
    )
    rest = len(failing) - MOST_REASONS
    if rest <= 0:
        return reasons
    more = ngettext("%(reasons)s and %(n)d more", "%(reasons)s and %(n)d more", rest)
    return more % {"reasons": reasons, "n": rest}


def _line(row: dict[str, Any]) -> RuleLine:
    name, value, ok = str(row["rule"]), row.get("value"), bool(row["ok"])
    iso = row.get("next_possible")
    moment = datetime.fromisoformat(iso) if iso else None
    note = ""
    if name == "submitted" and not ok:
        # A refusal in the reader's language; old rows hold its sentence instead.
        note = in_words(value) if isinstance(value, dict) else str(value)
    return RuleLine(
        (RULES if ok else BROKEN).get(name, name.replace("_", " ").capitalize()),
        ok,
        FIGURES.get(name, _value_of_limit)(value, row.get("limit")),
        moment if moment and moment > timezone.now() else None,  # a past one misleads
        note,
    )


def _value_of_limit(value: Any, limit: Any) -> str:
    """``12 of 50``; a yes or no, or what does not apply, needs no figure."""
    if not _is_number(value):
        return ""
    if not _is_number(limit) or not limit:
        return _figure(value) if value else ""
    return gettext("%(value)s of %(limit)s") % {
        "value": _figure(value),
        "limit": _figure(limit),
    }


def _minutes_of(value: Any, limit: Any) -> str:
    if not _is_number(value) or not _is_number(limit):
        return ""
    words = {"value": _figure(value), "limit": _figure(limit)}
    return gettext("%(value)s of %(limit)s minutes") % words


def _pause(value: Any, limit: Any) -> str:
    """What has passed; how much was needed is said only while it has not."""
    if not _is_number(value) or not _is_number(limit):
        return ""
    if value < limit:
        return _minutes_of(value, limit)
    return ngettext("%(n)s minute", "%(n)s minutes", value) % {"n": _figure(value)}


def _needed_and_left(value: Any, limit: Any) -> str:
    if not _is_number(value) or not _is_number(limit):
        return ""
    words = {"needed": _figure(value), "left": _figure(limit)}
    return (
        ngettext(
            "needs %(needed)s minute, %(left)s left",
            "needs %(needed)s minutes, %(left)s left",
            value,
        )
        % words
    )


def _hours(value: Any, limit: Any) -> str:
    if not isinstance(limit, str):
        return ""
    words = {"now": value, "hours": limit.replace("-", "\N{EN DASH}")}
    return gettext("%(now)s, allowed %(hours)s") % words


def _running(value: Any, limit: Any) -> str:
    return gettext("%(n)s now") % {"n": _figure(value)} if value else ""


FIGURES: dict[str, Callable[[Any, Any], str]] = {
    "cooldown": _pause,
    "minutes_per_day": _minutes_of,
    "budget": _needed_and_left,
    "allowed_hours": _hours,
    "no_training_running": _running,
    "submitted": lambda value, limit: "",  # the note says it
}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _figure(value: float) -> str:
    whole = int(value) if float(value).is_integer() else value
    return str(number_format(whole, force_grouping=True))

"""Refusals that are kept: a code and parameters, said in the language of who reads.

A decision of Auto or of the schedule stays for good, and is read in every language. So
its refusal is kept as ``{"code", "params"}``, with plain numbers and names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from training.choices import DatasetStatus

Param = str | int | float
SENTENCES: dict[str, str | Promise] = {
    "training_off": _("Training is switched off, so nothing was sealed."),
    "nothing_new": _(
        "Nothing in %(version)s is both new and there to learn from; "
        "train on everything it contains instead."
    ),
    "not_open": _("%(version)s is %(status)s; only an open version can be sealed."),
    "no_samples": _("%(version)s contains no samples yet. Approve some cases first."),
    "moved_on": _("%(version)s is %(status)s."),
    "model_name": _("A model name has letters, digits, dots, dashes and underscores."),
    "unknown_trainer": _("There is no trainer %(name)s; there are: %(known)s."),
    "no_command": _("No training command is set (LOCAL_TRAINING_COMMAND)."),
    "unknown_scope": _("There is no scope %(name)s; there are: %(known)s."),
    "budget_never": _(
        "The training budget has %(left)s left and this may need %(needed)s, more "
        "than it ever allows at once; an administrator can raise it."
    ),
    "budget_month": _(
        "The training budget has %(left)s left this month and this may need "
        "%(needed)s; there is more from %(moment)s."
    ),
    "budget_today": _(
        "The training budget has %(left)s left today and this may need %(needed)s; "
        "there is more from %(moment)s."
    ),
}


def minutes(count: int) -> str:
    return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}


def _version(number: int) -> str:
    return gettext("Dataset %(number)d") % {"number": number}


def _status(status: str) -> str:
    return str(DatasetStatus(status).label).lower()


def _moment(text: str) -> str:
    at = datetime.fromisoformat(text)
    local = timezone.localtime(at, timezone.get_default_timezone())
    return date_format(local, "Y-m-d H:i")


WORDS: dict[str, Callable[[Any], str]] = {  # parameters that are no names
    "version": _version,
    "status": _status,
    "left": minutes,
    "needed": minutes,
    "moment": _moment,
}


@dataclass(frozen=True)
class Refusal:
    """One sentence that can be kept; as a text it is in the language of now."""

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "params": dict(self.params)}

    def __str__(self) -> str:
        return in_words(self.as_json())


def refusal(code: str, **params: Param) -> Refusal:
    return Refusal(code, params)


def in_words(stored: Mapping[str, Any]) -> str:
    """A kept refusal in the reader's language; of an unknown one its code."""
    code, params = str(stored.get("code", "")), stored.get("params") or {}
    sentence = SENTENCES.get(code, _("It was refused (%(code)s)."))
    words = {name: WORDS.get(name, str)(value) for name, value in params.items()}
    return str(sentence) % {**words, "code": code}

"""The steps of a training by code, said in the language of who reads them."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

STEPS: dict[str, str | Promise] = {
    "sealing": _("Sealing the dataset"),
    "reading_cases": _("Reading the approved cases"),
    "comparing": _("Comparing kinds of model: round %(number)s of %(rounds)s"),
    "measuring": _("Measuring on the cases held back"),
    "storing": _("Storing and measuring the model"),
    "done": _("Done"),
}


def note_of(note: str, step: dict[str, Any]) -> str:
    """What is being done, in the reader's language.

    A trainer of one's own speaks for itself: a code that is not known here, or that
    lacks a parameter, leaves its note as it came.
    """
    words = STEPS.get(step.get("code", ""))
    if words is None:
        return note
    try:
        translated: str = str(words) % step.get("params", {})
    except (KeyError, TypeError, ValueError):
        return note
    return translated

"""What was stored in English, said again in the reader's language.

The audit trail and a model's reasons are kept in one language, the same for everybody
and for the hash; a text of which no form here is the maker is shown as it stands.
"""

import re
from functools import cache

from django.utils.translation import get_language, gettext, gettext_noop

LABELS = [
    gettext_noop("%(kind)s job %(id)s"),
    gettext_noop("Dataset %(number)s"),
    gettext_noop("Run %(id)s of %(model)s"),
    gettext_noop("Training policy"),
    gettext_noop("Who brought in or corrected a case does not approve it"),
    gettext_noop("Not alone in selecting: who approved more than this of what is new"),
    gettext_noop("Two people select a version"),
    gettext_noop("On hold"),
    gettext_noop("Not on hold"),
]
BETTER = gettext_noop(
    "Better than %(champion)s on the same %(cases)s held-out cases: log loss fell "
    "by %(fall)s (95 %% sure: by %(least)s to %(most)s)."
)
REASONS = [
    gettext_noop("%(facts)s weighed most towards %(decision)s; %(against)s against."),
    gettext_noop("%(facts)s weighed most towards %(decision)s."),
    gettext_noop("%(decision)s is the likeliest, though %(facts)s weighed against it."),
    gettext_noop(
        "No fact that the model knows was given; %(decision)s is the likeliest."
    ),
    BETTER,
]
PLACE = re.compile(r"%\\\((\w+)\\\)s")
LAST_AND = re.compile(r" and (?=\S[^,]*$)")


def label(text: str) -> str:
    """What an entry of the audit trail is about: ``Dataset 3``."""
    return _retold(text, LABELS)


def reason(text: str) -> str:
    """Why a model answers as it does; a person's words stay as they are."""
    return _retold(text, REASONS)


def _retold(text: str, forms: list[str]) -> str:
    if (get_language() or "en").startswith("en"):
        return text
    for form in forms:
        found = _pattern(form).fullmatch(text)
        if found:
            said = {
                name: _piece(name, part) for name, part in found.groupdict().items()
            }
            return gettext(form) % said
    return text


@cache
def _pattern(form: str) -> re.Pattern[str]:
    return re.compile(
        PLACE.sub(r"(?P<\1>.+?)", re.escape(form.replace("%%", "%"))), re.DOTALL
    )


def _piece(name: str, text: str) -> str:
    if name == "kind":
        return gettext(text)
    if name in ("facts", "against"):
        named = LAST_AND.sub(", ", text)
        return re.sub(r" not given(?=,|$)", f" {gettext('not given')}", named)
    return text

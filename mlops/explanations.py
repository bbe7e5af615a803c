"""Why a model answered as it did, said in the reader's language.

A model's explanation is kept as a code and parameters (``predictors.rationale``).
Facts keep their names and values, whatever these are.
"""

from collections.abc import Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SENTENCES: dict[tuple[str, bool], str | Promise] = {
    # the code, and whether any fact spoke against
    ("weighed", True): gettext_lazy(
        "%(facts)s weighed most towards %(decision)s; %(against)s against."
    ),
    ("weighed", False): gettext_lazy("%(facts)s weighed most towards %(decision)s."),
    ("outweighed", True): gettext_lazy(
        "%(decision)s is the likeliest, though %(facts)s weighed against it."
    ),
    ("nothing_known", False): gettext_lazy(
        "No fact that the model knows was given; %(decision)s is the likeliest."
    ),
}


def in_words(explanation: dict[str, Any], text: str) -> str:
    """The explanation as a sentence; ``text`` as it came where there is none."""
    params = explanation.get("params") or {}
    against = params.get("against") or []
    sentence = SENTENCES.get((explanation.get("code", ""), bool(against)))
    if sentence is None:
        return text
    words: str = str(sentence) % {
        "decision": params.get("decision", ""),
        "facts": _listed(params.get("for") or against),
        "against": _listed(against),
    }
    return words


def _listed(facts: Sequence[tuple[str, str | None]]) -> str:
    *first, last = [
        f"{name} = {value}"
        if value is not None
        else _("%(fact)s not given") % {"fact": name}
        for name, value in facts
    ] or [""]
    if not first:
        return last
    return _("%(facts)s and %(last)s") % {"facts": ", ".join(first), "last": last}

"""What a token may do, in words; what there are none for by the name it has."""

from collections.abc import Sequence

from django.template import Library

from mlops.selectors.rights import READING, rights_in_words

register = Library()


@register.filter
def allowed(scopes: Sequence[str]) -> str:
    return ", ".join(_said(scope) for scope in scopes)


def _said(scope: str) -> str:
    if scope == "read":
        return str(READING)
    words = rights_in_words([scope])
    return str(words[0]) if words else scope

"""The form that acts: one address, its token, and what is asked before."""

from typing import Any

from django.template import Context, Library
from django.template.defaulttags import CsrfTokenNode
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = Library()

# What a template calls them, and what htmx and app.js call them.
NAMES = {
    "target": "hx-target",
    "swap": "hx-swap",
    "question": "hx-confirm",
    "detail": "data-detail",
    "yes": "data-yes",
}


@register.simple_block_tag(takes_context=True)
def postform(
    context: Context,
    content: str,
    view: str = "",
    *args: Any,
    address: str = "",
    query: str = "",
    htmx: bool = True,
    **keywords: Any,
) -> SafeString:
    """A form that POSTs to a view: ``{% postform "mlops:case-undo" case.pk %}``.

    The address is that of ``view`` with ``args``, or ``address``, each with ``query``
    behind it. htmx sends the form, puts the answer into ``target`` (the page, unless
    another is named) and keeps the first button from being pressed twice. With
    ``htmx=False``, and without JavaScript, the browser sends it and goes on to the
    page that the answer names.

    A ``question`` is asked before, with ``detail`` below it and ``yes`` on the button
    that goes on; an empty question is not asked. Other keywords are attributes of the
    form, with hyphens for underscores; an empty one is left out. A form whose parts
    ask by htmx themselves says ``hx_disabled_elt=""``: they would inherit it, and have
    no button within.
    """
    url = (address or reverse(view, args=args)) + query
    attributes = {}
    if htmx:
        attributes = {
            "hx-post": url,
            "hx-target": "#page",
            "hx-disabled-elt": "find button",
        }
    if not keywords.get("question"):
        keywords |= {"question": "", "detail": "", "yes": ""}
    for name, value in keywords.items():
        attributes[NAMES.get(name, name.replace("_", "-"))] = value
    pairs = ((name, value) for name, value in attributes.items() if value != "")
    return format_html(
        '<form method="post" action="{}"{}>{}{}</form>',
        url,
        format_html_join("", ' {}="{}"', pairs),
        CsrfTokenNode().render(context),
        content,
    )

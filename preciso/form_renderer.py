"""How forms are rendered: as Django does, but for choices.

Django renders a template for each option of a list and another for its attributes,
which takes longer than the rest of a page where there are time zones to choose from.
"""

from typing import Any

from django.forms.renderers import DjangoTemplates
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

SELECT = "django/forms/widgets/select.html"


class FormRenderer(DjangoTemplates):
    """Set as ``FORM_RENDERER``."""

    def render(
        self,
        template_name: str,
        context: dict[str, Any],
        request: HttpRequest | None = None,
    ) -> str:
        if template_name == SELECT:
            return select(context["widget"])
        return super().render(template_name, context, request)


def select(widget: dict[str, Any]) -> SafeString:
    """What Django's select.html makes of the context of a widget."""
    groups = ((_group(*group),) for group in widget["optgroups"])
    inner = format_html_join("", "{}", groups)
    attributes = flatatt(widget["attrs"])
    return format_html(
        '<select name="{}"{}>{}</select>', widget["name"], attributes, inner
    )


def _group(name: str | None, options: list[dict[str, Any]], _index: int) -> SafeString:
    shown = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (
                each["value"],
                flatatt(each["attrs"]) if each["attrs"] else "",
                each["label"],
            )
            for each in options
        ),
    )
    if not name:
        return shown
    return format_html('<optgroup label="{}">{}</optgroup>', name, shown)

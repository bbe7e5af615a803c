"""What the pages under Settings share: one frame, and a part of their own."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from mlops.pages.shared import responses
from preciso.http import AuthedRequest, render_either, wants_fragment

PAGE = "mlops/settings/page.html"


def framed(section: str, part: str, **values: Any) -> dict[str, Any]:
    """The context of a page: the open tab, and the template of what stands below."""
    return {"section": section, "part": part, **values}


def show(request: AuthedRequest, context: dict[str, Any]) -> HttpResponse:
    """A framed page; for htmx its part alone."""
    return render_either(request, page=PAGE, fragment=context["part"], context=context)


def keep_typed(
    request: AuthedRequest, context: dict[str, Any], problem: str
) -> HttpResponse:
    """Why what was typed cannot be taken, with all of it still there (409)."""
    return responses.keep_typed(request, PAGE, context["part"], context, problem)


def show_once(request: AuthedRequest, context: dict[str, Any]) -> HttpResponse:
    """A page with a secret, which cannot wait for a redirect; messages go along."""
    if wants_fragment(request):
        return responses.redraw(request, context["part"], context)
    return render(request, PAGE, context)

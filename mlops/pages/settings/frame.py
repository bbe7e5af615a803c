"""What the pages under Settings share: one frame, and a part of their own."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from mlops.pages.shared.responses import Place, answer
from preciso.http import AuthedRequest

PAGE = "mlops/settings/page.html"


def framed(section: str, part: str, **shown: Any) -> dict[str, Any]:
    """The context of a page: which tab is open, what stands below it."""
    return {"section": section, "part": part, **shown}


def answer_with_secret(
    request: AuthedRequest, place: Place, problem: str = ""
) -> HttpResponse:
    """As ``answer``, but what is shown this once cannot wait for a redirect."""
    if problem or request.htmx:
        return answer(request, place, problem)
    return render(request, PAGE, place.context())

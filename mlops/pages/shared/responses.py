"""How a page answers a POST: with the redrawn part for htmx, else by a redirect.

A view that acts reads from top to bottom::

    job = get_object_or_404(PipelineJob, pk=job_id)
    try:
        cancel_job(job, by=request.user)
    except DomainError as refusal:
        return _redraw(request, job, refusal_text(request, refusal))
    messages.success(request, _("Canceled."))
    return _redraw(request, job)

``_redraw`` is the page's own: what is redrawn, and which page a browser without
htmx goes back to::

    def _redraw(request, job, problem=""):
        if not wants_fragment(request):
            return back_to(request, reverse("mlops:job", args=[job.pk]), problem)
        return redraw(request, "mlops/jobs/_panel.html", job_panel(job), problem)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.functional import Promise

from preciso import undo_messages
from preciso.http import AuthedRequest, render_either, wants_fragment
from preciso.requester import mark_refused
from training.errors import DomainError, Forbidden

LAST = "last_decided"  # the session's key for the case this person decided last


@dataclass(frozen=True)
class Place:
    """Where the person stands: the address, and the part of it that is redrawn."""

    url: str
    fragment: str
    context: Callable[[], dict[str, Any]] = field(default=dict)


def attempt(
    request: AuthedRequest,
    act: Callable[[], str | Promise],
    undo: Callable[[], str] = str,
) -> str:
    """Call ``act``; say its sentence, or return the sentence of its refusal.

    ``undo``, asked afterwards, is the address of a POST that takes it back. The toast
    makes a button of it.
    """
    try:
        said = str(act())
        undo_messages.success(request, said, undo=undo())
    except DomainError as refusal:
        return sentence(request, refusal)
    return ""


def refusal_text(request: HttpRequest, refusal: DomainError) -> str:
    """The sentence of a refusal; one for want of a right is noted for the access log.

    The middleware counts a request that ``mark_refused`` marked as it counts a 403.
    """
    if isinstance(refusal, Forbidden):
        mark_refused(request)
    return str(refusal)


def back_to(request: HttpRequest, url: str, problem: str = "") -> HttpResponse:
    """Redirect to the page, which shows the problem, if there is one, as a message."""
    if problem:
        messages.error(request, problem)
    return redirect(url)


def redraw(
    request: HttpRequest, fragment: str, context: dict[str, Any], problem: str = ""
) -> HttpResponse:
    """The part for htmx, with the messages as toasts out of band.

    Status 200, or 409 with a problem, which the part shows beside what was pressed.
    """
    part = render_to_string(fragment, {**context, "problem": problem}, request)
    toasts = render_to_string("_components/toasts.html", {"oob": True}, request)
    return HttpResponse(part + toasts, status=409 if problem else 200)


def sentence(request: HttpRequest, refusal: DomainError) -> str:
    """What a page says of a refusal; one for want of a right is in the access log."""
    if isinstance(refusal, Forbidden):
        mark_refused(request)
    return str(refusal)


def answer(request: AuthedRequest, place: Place, problem: str = "") -> HttpResponse:
    """The redrawn part with status 200 (409 refused), or a redirect to the page."""
    if not wants_fragment(request):
        if problem:
            messages.error(request, problem)
        return redirect(place.url)
    context = {**place.context(), "problem": problem}
    part = render_to_string(place.fragment, context, request)
    toasts = render_to_string("_components/toasts.html", {"oob": True}, request)
    return HttpResponse(part + toasts, status=409 if problem else 200)


def keep_typed(
    request: AuthedRequest, place: Place, page: str, problem: str
) -> HttpResponse:
    """Why what was typed cannot be taken, with all of it still there (409).

    ``page`` is the template of the whole page, for a browser without htmx.
    """
    return render_either(
        request,
        page=page,
        fragment=place.fragment,
        context={**place.context(), "problem": problem},
        status=409,
    )


def focus_first_error(form: Any) -> None:
    """A long form opens where something is wrong."""
    wrong = next((name for name in form.fields if name in form.errors), None)
    if wrong:
        form.fields[wrong].widget.attrs["autofocus"] = True


def first_error(form: Any) -> str:
    """One sentence for a form that cannot be read."""
    name, errors = next(iter(form.errors.items()))
    bound = form.fields.get(name)
    return f"{bound.label}: {errors[0]}" if bound and bound.label else str(errors[0])

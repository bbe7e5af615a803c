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

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string

from preciso.http import AuthedRequest, render_either
from preciso.requester import mark_refused
from training.errors import DomainError, Forbidden

LAST = "last_decided"  # the session's key for the case this person decided last


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


def keep_typed(
    request: AuthedRequest,
    page: str,
    fragment: str,
    context: dict[str, Any],
    problem: str,
) -> HttpResponse:
    """The page, or its part for htmx, with the problem and all that was typed (409).

    ``context`` holds the form as it was sent.
    """
    return render_either(
        request,
        page=page,
        fragment=fragment,
        context={**context, "problem": problem},
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

"""Jobs: the list, one job with its live log, cancel and retry."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HTMX_STOP_POLLING

from mlops.pages.jobs import job_page, jobs_per_day, log_downloads, log_search
from mlops.pages.jobs.forms import job_filter_fields
from mlops.pages.shared import dead_letters, job_lists
from mlops.pages.shared.responses import back_to, redraw, refusal_text
from preciso.filters import renamed
from preciso.http import AuthedRequest, render_either, wants_fragment
from preciso.page_paginator import KeyPaginator
from preciso.requester import requester_of
from training.choices import AccessKind
from training.errors import DomainError
from training.filters.jobs import JobFilters
from training.models import JobAttempt, PipelineJob
from training.services.access import access_log
from training.services.runs.job_actions import cancel_job, retry_job

PAGE_SIZE = 25
PANEL = "mlops/jobs/_panel.html"


def _job(job_id: int) -> PipelineJob:
    return get_object_or_404(PipelineJob.objects.for_table(), pk=job_id)


@require_GET
@permission_required("training.view_pipelinejob", raise_exception=True)
def listing(request: AuthedRequest) -> HttpResponse:
    if redirect_to_new_names := renamed(request, job_lists.RENAMED):
        return redirect_to_new_names
    filters = JobFilters(request.GET, job_lists.jobs())
    days = jobs_per_day.days()
    pages = KeyPaginator(filters.qs, PAGE_SIZE)
    return render_either(
        request,
        page="mlops/jobs/page.html",
        fragment="mlops/jobs/_body.html",
        context={
            "page_obj": pages.get_page(request.GET.get("page")),
            "counters": job_lists.counters(),
            "status": filters.chosen.get("status", ""),
            "narrowed": job_lists.words(filters),
            "dead_count": dead_letters.count(),
            "form": job_filter_fields(filters),
            "bars": [(day.label, day.completed, day.bad) for day in days],
            "links": [(day.completed_url, day.bad_url) for day in days],
        },
    )


@require_GET
@permission_required("training.view_pipelinejob", raise_exception=True)
def one(request: AuthedRequest, job_id: int) -> HttpResponse:
    """The page, or for htmx its panel: what changes while the job runs."""
    job = _job(job_id)
    context = job_page.job_panel(job)
    if wants_fragment(request):
        context |= {"polled": True, "heard": request.GET.get("heard", "")}
    else:
        context |= _log_context(request, job)
    return render_either(
        request, page="mlops/jobs/job.html", fragment=PANEL, context=context
    )


def _log_context(request: AuthedRequest, job: PipelineJob) -> dict[str, Any]:
    """The log of the page: the lines that match or surround one, else the newest."""
    query, line = request.GET.get("q", ""), request.GET.get("line", "")
    if excerpt := log_search.excerpt(job, query, line):
        return {"excerpt": excerpt}
    return _live_log(job, after=0)


def _live_log(job: PipelineJob, after: int) -> dict[str, Any]:
    """The lines after ``after`` (a ``seq``), and where to ask for those after them.

    Without an address once the job has ended: nothing more is written.
    """
    lines = job_page.log_after(job, after)
    return {
        "lines": lines,
        "after": lines[-1].seq if lines else after,
        "ask_url": "" if job.is_ended else reverse("mlops:job-log", args=[job.pk]),
    }


@require_GET
@permission_required("training.view_pipelinejob", raise_exception=True)
def log(request: AuthedRequest, job_id: int) -> HttpResponse:
    """The lines after ``?after=``; status 286 with the last ones ends the polling."""
    job = _job(job_id)
    text = request.GET.get("after", "0")
    after = int(text) if text.isdecimal() and len(text) < 16 else 0
    # The job was read before the lines: if it had ended by then, they are all there.
    context = _live_log(job, after)
    status = HTMX_STOP_POLLING if job.is_ended else 200
    return render(request, "_components/log_lines.html", context, status=status)


@require_GET
@permission_required("training.view_pipelinejob", raise_exception=True)
def whole_log(request: AuthedRequest, job_id: int) -> StreamingHttpResponse:
    """The log of all attempts, as a file."""
    job = _job(job_id)
    portions = log_downloads.whole_log(job)
    return _as_file(request, job, portions, f"job-{job.pk}.txt")


@require_GET
@permission_required("training.view_pipelinejob", raise_exception=True)
def attempt_log(
    request: AuthedRequest, job_id: int, number: int
) -> StreamingHttpResponse:
    """The log of one attempt, as a file."""
    attempts = JobAttempt.objects.select_related("job")
    attempt = get_object_or_404(attempts, job_id=job_id, number=number)
    name = f"job-{job_id}-attempt-{number}.txt"
    return _as_file(request, attempt.job, log_downloads.attempt_log(attempt), name)


def _as_file(
    request: AuthedRequest, job: PipelineJob, portions: Iterator[bytes], name: str
) -> StreamingHttpResponse:
    """The download. It is in the access log before the first line is sent."""
    access_log.note(AccessKind.EXPORT, requester_of(request), subject=job)
    response = StreamingHttpResponse(portions, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _redraw(request: AuthedRequest, job_id: int, problem: str = "") -> HttpResponse:
    """The job as it is now: redrawn for htmx, by a redirect without it."""
    if not wants_fragment(request):
        return back_to(request, reverse("mlops:job", args=[job_id]), problem)
    context = {**job_page.job_panel(_job(job_id)), "polled": True}
    return redraw(request, PANEL, context, problem)


@require_POST
@permission_required("training.cancel_pipelinejob", raise_exception=True)
def cancel(request: AuthedRequest, job_id: int) -> HttpResponse:
    try:
        job = cancel_job(_job(job_id), by=request.user)
    except DomainError as refusal:
        return _redraw(request, job_id, refusal_text(request, refusal))
    text = _("Canceled.") if job.is_ended else _("It is being stopped.")
    messages.success(request, text)
    return _redraw(request, job_id)


@require_POST
@permission_required("training.retry_pipelinejob", raise_exception=True)
def retry(request: AuthedRequest, job_id: int) -> HttpResponse:
    try:
        retry_job(_job(job_id), by=request.user)
    except DomainError as refusal:
        return _redraw(request, job_id, refusal_text(request, refusal))
    messages.success(request, _("It waits for a worker again."))
    return _redraw(request, job_id)

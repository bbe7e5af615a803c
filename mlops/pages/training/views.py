"""Training: Auto and Batch, the runs, and the way back in sight."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap, retarget

from mlops.pages.shared import auto_switch, model_versions, training_cards
from mlops.pages.shared.budget_card import quotes_again
from mlops.pages.shared.responses import (
    back_to,
    first_error,
    keep_typed,
    redraw,
    refusal_text,
)
from mlops.pages.shared.schedule_form import ScheduleForm
from preciso.http import AuthedRequest, render_either, wants_fragment
from preciso.requester import requester_of
from training.choices import TrainingScope
from training.errors import DomainError
from training.models import DatasetVersion
from training.services.datasets import downloads
from training.services.policy import policies
from training.services.runs import submissions

PAGE, BODY = "mlops/training/page.html", "mlops/training/_body.html"


def _context() -> dict[str, Any]:
    schedule, sealed = training_cards.schedule_card(), training_cards.sealed_versions()
    return {
        "serving": model_versions.serving_card(),
        "auto": training_cards.auto_card(),
        "batch": training_cards.batch_card(),
        "schedule": schedule,
        "schedule_form": ScheduleForm.of(schedule["policy"]),
        **training_cards.last_run_card(training_cards.last_run()),
        "runs": training_cards.runs(),
        "sealed": sealed,
        "quotes_again": quotes_again(sealed),
    }


def _redraw(request: AuthedRequest, problem: str = "") -> HttpResponse:
    """The page as it is now: redrawn for htmx, by a redirect without it."""
    if not wants_fragment(request):
        return back_to(request, reverse("mlops:training"), problem)
    return redraw(request, BODY, _context(), problem)


@require_GET
@permission_required("training.view_trainingrun", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    return render_either(request, page=PAGE, fragment=BODY, context=_context())


@require_GET
@permission_required("training.view_trainingrun", raise_exception=True)
def last_run(request: AuthedRequest) -> HttpResponse:
    """The newest run alone, while it trains; the whole page once it has ended."""
    run = training_cards.last_run()
    if run is None or not run.job.is_active:
        # With the end everything else changed too: the dataset, the rules, the list.
        return reswap(retarget(page(request), "#page"), "innerHTML")
    return render_either(
        request,
        page=PAGE,
        fragment="mlops/training/_last_run.html",
        context=training_cards.last_run_card(run)
        if wants_fragment(request)
        else _context(),
    )


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def switch_auto(request: AuthedRequest) -> HttpResponse:
    return _redraw(request, auto_switch.switch_auto(request))


@require_POST
@permission_required("training.view_trainingrun", raise_exception=True)
def schedule_reading(request: AuthedRequest) -> HttpResponse:
    """What a schedule that is not saved yet would mean; writes nothing."""
    form = ScheduleForm.of(policies.policy(), request.POST)
    form.is_valid()
    expression = form.cleaned_data.get("expression")
    typed = {
        "schedule_form": form,
        "typed_reading": training_cards.schedule_reading(expression or ""),
        "is_read": True,
    }
    return render_either(
        request,
        page=PAGE,
        fragment="mlops/training/_reading.html",
        context=typed if wants_fragment(request) else _context() | typed,
    )


@require_POST
@permission_required("training.change_trainingpolicy", raise_exception=True)
def set_schedule(request: AuthedRequest) -> HttpResponse:
    form = ScheduleForm.of(policies.policy(), request.POST)
    if not form.is_valid():
        context = _context() | {"schedule_form": form}
        return keep_typed(request, PAGE, BODY, context, first_error(form))
    expression = form.cleaned_data["expression"]
    try:
        policies.change_policy(
            by=request.user,
            batch_schedule=expression,
            batch_min_new_samples=form.cleaned_data["batch_min_new_samples"],
        )
    except DomainError as refusal:
        context = _context() | {"schedule_form": form}
        return keep_typed(request, PAGE, BODY, context, refusal_text(request, refusal))
    if expression:
        messages.success(request, _("The schedule is set."))
    else:
        messages.success(request, _("There is no schedule any more."))
    return _redraw(request)


@require_POST
@permission_required("training.train", raise_exception=True)
@permission_required("training.seal_datasetversion", raise_exception=True)
def batch(request: AuthedRequest, version_id: int) -> HttpResponse:
    version = get_object_or_404(DatasetVersion, pk=version_id)
    scope = request.POST.get("scope") or TrainingScope.ALL
    try:
        run = submissions.seal_and_train(version, by=request.user, scope=scope)
    except DomainError as refusal:
        return _redraw(request, refusal_text(request, refusal))
    messages.success(request, _("Submitted: job %(job)s.") % {"job": run.job_id})
    return _redraw(request)


@require_POST
@permission_required("training.train", raise_exception=True)
def train_again(request: AuthedRequest, version_id: int) -> HttpResponse:
    version = get_object_or_404(DatasetVersion, pk=version_id)
    run_request = submissions.RunRequest(dataset_version=version)
    try:
        run = submissions.submit_run(run_request, by=request.user)
    except DomainError as refusal:
        return _redraw(request, refusal_text(request, refusal))
    messages.success(request, _("Submitted: job %(job)s.") % {"job": run.job_id})
    return _redraw(request)


@require_GET
@permission_required("training.view_datasetversion", raise_exception=True)
@permission_required("training.view_sample", raise_exception=True)
def download(request: AuthedRequest, version_id: int) -> HttpResponseBase:
    """The sealed bytes, the ones the fingerprint is of."""
    version = get_object_or_404(DatasetVersion.objects.sealed(), pk=version_id)
    try:
        content = downloads.open_download(version, requester=requester_of(request))
    except DomainError as refusal:
        return _redraw(request, refusal_text(request, refusal))
    name = f"dataset-{version.number}.ndjson"
    return FileResponse(content, as_attachment=True, filename=name)

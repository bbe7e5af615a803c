"""One dataset version, two side by side, and what is trained from here."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mlops.pages.shared.responses import back_to, redraw, refusal_text
from mlops.pages.training import dataset_page
from preciso.api_fields import as_id
from preciso.http import AuthedRequest, render_either, wants_fragment
from preciso.page_paginator import KeyPaginator
from training.choices import TrainingScope
from training.errors import DomainError
from training.models import DatasetVersion
from training.services.runs.submissions import RunRequest, submit_run

PAGE_SIZE = 50
FRAGMENT = "mlops/training/_dataset.html"


@require_GET
@permission_required("training.view_sample", raise_exception=True)
@permission_required("training.view_datasetversion", raise_exception=True)
def one(request: AuthedRequest, version_id: int) -> HttpResponse:
    version = get_object_or_404(DatasetVersion.objects.for_table(), pk=version_id)
    return render_either(
        request,
        page="mlops/training/dataset.html",
        fragment=FRAGMENT,
        context=dataset_page.dataset_page(version),
    )


@require_GET
@permission_required("training.view_sample", raise_exception=True)
@permission_required("training.view_datasetversion", raise_exception=True)
def compare(request: AuthedRequest, version_id: int) -> HttpResponse:
    version = get_object_or_404(DatasetVersion, pk=version_id)
    other_id = as_id(request.GET.get("with", ""))
    if other_id is None:  # nothing was chosen
        return redirect("mlops:training-dataset", version_id)
    other = get_object_or_404(DatasetVersion, pk=other_id)
    context = dataset_page.comparison_page(version, other, request.GET.get("part", ""))
    pages = KeyPaginator(context.pop("rows"), PAGE_SIZE)
    return render_either(
        request,
        page="mlops/training/compare.html",
        fragment="mlops/training/_compare.html",
        context={**context, "page_obj": pages.get_page(request.GET.get("page"))},
    )


@require_POST
@permission_required("training.train", raise_exception=True)
@permission_required("training.view_sample", raise_exception=True)
def train(request: AuthedRequest, version_id: int) -> HttpResponse:
    """Train on a sealed version: on all of it, or on what is new in it."""
    version = get_object_or_404(DatasetVersion.objects.for_table(), pk=version_id)
    scope = request.POST.get("scope") or TrainingScope.ALL
    problem = ""
    try:
        run = submit_run(RunRequest(version, scope=scope), by=request.user)
    except DomainError as refusal:
        problem = refusal_text(request, refusal)
    else:
        message = _("Submitted: job %(job)s.") % {"job": run.job_id}
        messages.success(request, message)
    if not wants_fragment(request):
        url = reverse("mlops:training-dataset", args=[version.pk])
        return back_to(request, url, problem)
    return redraw(request, FRAGMENT, dataset_page.dataset_page(version), problem)

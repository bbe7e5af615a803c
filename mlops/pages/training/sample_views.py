"""The samples that a dataset version contains."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from mlops.pages.shared import samples
from preciso.filters import renamed
from preciso.http import AuthedRequest, render_either
from preciso.page_paginator import KeyPaginator
from training.filters.datasets import SampleFilters
from training.models import DatasetVersion

PAGE_SIZE = 50


@require_GET
@permission_required("training.view_sample", raise_exception=True)
@permission_required("training.view_datasetversion", raise_exception=True)
def page(request: AuthedRequest, version_id: int) -> HttpResponse:
    version = get_object_or_404(DatasetVersion, pk=version_id)
    if to_new_names := renamed(request, samples.RENAMED):
        return to_new_names
    filters = SampleFilters(request.GET, version.samples().for_table(), version=version)
    pages = KeyPaginator(filters.qs, PAGE_SIZE)
    return render_either(
        request,
        page="mlops/training/samples.html",
        fragment="mlops/training/_samples.html",
        context={
            "version": version,
            "narrowed": samples.words(filters),
            "page_obj": pages.get_page(request.GET.get("page")),
        },
    )

"""The cases that a version answered otherwise than the one that served then."""

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from mlops.models import ModelVersion
from mlops.pages.shared.answer_differences import differences_page, differing_answers
from preciso.http import AuthedRequest, render_either

PAGE_SIZE = 50


@require_GET
@permission_required("mlops.view_modelversion", raise_exception=True)
@permission_required("training.view_sample", raise_exception=True)
@permission_required("training.view_case", raise_exception=True)
def page(request: AuthedRequest, version_id: int) -> HttpResponse:
    version = get_object_or_404(ModelVersion.objects.for_table(), pk=version_id)
    answered = request.GET.get("answered", "")
    paginator = Paginator(differing_answers(version, answered).for_table(), PAGE_SIZE)
    return render_either(
        request,
        page="mlops/models/differences.html",
        fragment="mlops/models/_differences.html",
        context={
            **differences_page(version, answered),
            "page_obj": paginator.get_page(request.GET.get("page")),
        },
    )

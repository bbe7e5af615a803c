"""The evidence pack of a model version, as a download."""

from django.contrib.auth.decorators import permission_required
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from mlops.evidence.rights import take_pack_along
from mlops.models import ModelVersion
from mlops.pages.shared.responses import back_to, refusal_text
from preciso.http import AuthedRequest
from preciso.requester import requester_of
from training.errors import DomainError


@require_POST
@permission_required("mlops.view_modelversion", raise_exception=True)
def pack(request: AuthedRequest, version_id: int) -> HttpResponseBase:
    """The zip file, or back to the version's page with the reason of a refusal."""
    version = get_object_or_404(ModelVersion.objects.for_table(), pk=version_id)
    try:
        pack_file = take_pack_along(
            version, requester=requester_of(request), may=request.user.has_perm
        )
    except DomainError as refusal:
        url = reverse("mlops:model", args=[version.pk])
        return back_to(request, url, refusal_text(request, refusal))
    return FileResponse(pack_file.file, as_attachment=True, filename=pack_file.name)

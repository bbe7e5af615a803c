"""The evidence pack of a model version, over HTTP."""

from functools import partial

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes

from mlops.evidence.rights import take_pack_along
from mlops.models import ModelVersion
from preciso.api import ApiRequest, documented, permitted
from preciso.api_fields import NoBody, row_or_404
from preciso.api_views import APIView
from preciso.requester import requester_of

ZIP = "application/zip"


class Evidence(APIView):
    required_perms = {"POST": ["mlops.view_modelversion"]}

    @documented(request=NoBody, responses={(200, ZIP): OpenApiTypes.BINARY})
    def post(self, request: ApiRequest, id: str) -> FileResponse:
        """Pack what is on record about a version into a zip that can be checked
        anywhere.

        It takes the right to see each thing that is packed. Its head, in the header
        `X-Evidence-Head`, is written to the audit trail.
        """
        NoBody.read(request)
        version = row_or_404(ModelVersion.objects.for_table(), id)
        pack = take_pack_along(
            version, requester=requester_of(request), may=partial(permitted, request)
        )
        answer = FileResponse(
            pack.file, as_attachment=True, filename=pack.name, content_type=ZIP
        )
        answer["X-Evidence-Head"] = pack.head
        return answer

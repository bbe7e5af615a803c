"""The evidence pack of a model version, over HTTP."""

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.views import APIView

from mlops.models import ModelVersion
from mlops.services.evidence import pack_version
from preciso.api import ApiRequest, documented
from preciso.shapes import NoBody, found

ZIP = "application/zip"


class Evidence(APIView):
    required_perms = {"POST": ["mlops.view_modelversion"]}

    @documented(request=NoBody, responses={(200, ZIP): OpenApiTypes.BINARY})
    def post(self, request: ApiRequest, id: str) -> FileResponse:
        """Pack what is on record about a version into a zip that can be checked
        anywhere.

        Its head, in the header `X-Evidence-Head`, is written to the audit trail.
        """
        NoBody.read(request)
        version = found(ModelVersion.objects.for_table(), id)
        pack = pack_version(version, by=request.user)
        answer = FileResponse(
            pack.file, as_attachment=True, filename=pack.name, content_type=ZIP
        )
        answer["X-Evidence-Head"] = pack.head
        return answer

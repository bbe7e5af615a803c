"""Dataset versions over HTTP: open, look into, seal, download."""

from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from preciso.api import ApiRequest
from preciso.shapes import Body, Id, Text, found
from training.api.filters import DatasetFilters, SampleFilters
from training.api.shapes import DatasetVersionOut, SampleOut
from training.models import DatasetVersion, Sample
from training.services.datasets import open_export, open_version, seal_version

NDJSON = "application/x-ndjson"
VIEW = {"GET": ["training.view_datasetversion"]}


class VersionIn(Body):
    name = Text(required=False, default="", max_length=200)


class SealingOut(serializers.Serializer):
    """More than 10,000 samples: a job seals them."""

    id = Id()
    status = Text()
    job_id = Id()


class DatasetVersions(ListAPIView):
    """All dataset versions, newest first; or open one."""

    required_perms = VIEW | {"POST": ["training.seal_datasetversion"]}
    serializer_class = DatasetVersionOut
    filterset_class = DatasetFilters
    queryset = DatasetVersion.objects.for_table()

    @extend_schema(
        request=VersionIn,
        filters=False,
        responses={
            201: DatasetVersionOut,
            200: OpenApiResponse(DatasetVersionOut, "It was open already."),
        },
    )
    def post(self, request: ApiRequest) -> Response:
        """The open version; it is made if there is none."""
        version, created = open_version(by=request.user, **VersionIn.read(request))
        answer = DatasetVersionOut(version).data
        return Response(answer, status=201 if created else 200)


class OneDatasetVersion(APIView):
    required_perms = VIEW

    @extend_schema(responses=DatasetVersionOut)
    def get(self, request: ApiRequest, id: str) -> Response:
        version = found(DatasetVersion.objects.for_table(), id)
        return Response(DatasetVersionOut(version).data)


class Seal(APIView):
    required_perms = {"POST": ["training.seal_datasetversion"]}

    @extend_schema(request=None, responses={200: DatasetVersionOut, 202: SealingOut})
    def post(self, request: ApiRequest, id: str) -> Response:
        """Number, export and hash the open version; from then on it never changes."""
        version = found(DatasetVersion.objects.all(), id)
        job = seal_version(version, by=request.user)
        version.refresh_from_db()
        if job is not None:
            answer = {"id": str(version.pk), "status": version.status}
            return Response({**answer, "job_id": str(job.pk)}, status=202)
        return Response(DatasetVersionOut(version).data)


class Samples(ListAPIView):
    """What a dataset version contains: the earlier samples too, less the withdrawn."""

    required_perms = {"GET": ["training.view_sample"]}
    serializer_class = SampleOut
    filterset_class = SampleFilters
    queryset = Sample.objects.for_table()

    def get_queryset(self) -> QuerySet[Sample]:
        version = found(DatasetVersion.objects.all(), self.kwargs["id"])
        return version.samples().for_table()


class Download(APIView):
    required_perms = {"GET": ["training.view_sample"]}

    @extend_schema(responses={(200, NDJSON): OpenApiTypes.BINARY})
    def get(self, request: ApiRequest, id: str) -> FileResponse:
        """The sealed samples as NDJSON: exactly the bytes that the sha256 is of."""
        version = found(DatasetVersion.objects.all(), id)
        answer = FileResponse(
            open_export(version),
            as_attachment=True,
            filename=f"dataset-{version.number}.ndjson",
            content_type=NDJSON,
        )
        answer["X-Content-SHA256"] = version.sha256
        return answer

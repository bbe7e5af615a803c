"""Dataset versions over HTTP: open, look into, seal, download."""

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from preciso import limits
from preciso.api import ApiRequest, documented
from preciso.api_fields import Body, Id, NoBody, Text, row_or_404
from preciso.api_views import APIView, ListAPIView
from preciso.cursor_pagination import PAGED, NewestFirst
from preciso.requester import requester_of
from training.api.serializers import ComparisonOut, DatasetVersionOut, SampleOut
from training.filters.datasets import DatasetFilters, SampleFilters
from training.models import DatasetVersion, Sample
from training.services.datasets.differences import PARTS, compare
from training.services.datasets.downloads import open_download
from training.services.datasets.figures import counts
from training.services.datasets.versions import open_version, seal_version

NDJSON = "application/x-ndjson"
VIEW = {"GET": ["training.view_datasetversion"]}


class VersionIn(Body):
    name = Text(required=False, default="", max_length=limits.LABEL)


class SealingOut(serializers.Serializer):
    """More than 10,000 samples: a job seals them."""

    id = Id()
    status = Text()
    job_id = Id()


class DatasetList(ListAPIView):
    """All dataset versions, newest first; or open one."""

    required_perms = VIEW | {"POST": ["training.seal_datasetversion"]}
    serializer_class = DatasetVersionOut
    filterset_class = DatasetFilters
    queryset = DatasetVersion.objects.for_table()

    @documented(
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
        return Response(_current(version), status=201 if created else 200)


class DatasetDetail(APIView):
    required_perms = VIEW

    @documented(responses=DatasetVersionOut)
    def get(self, request: ApiRequest, id: str) -> Response:
        version = row_or_404(DatasetVersion.objects.for_table(), id)
        return Response(DatasetVersionOut(version).data)


class SealDataset(APIView):
    required_perms = {"POST": ["training.seal_datasetversion"]}

    @documented(request=NoBody, responses={200: DatasetVersionOut, 202: SealingOut})
    def post(self, request: ApiRequest, id: str) -> Response:
        """Number, export and hash the open version; from then on it never changes."""
        NoBody.read(request)
        version = row_or_404(DatasetVersion.objects.all(), id)
        job = seal_version(version, by=request.user)
        if job is not None:
            version.refresh_from_db()
            answer = {"id": str(version.pk), "status": version.status}
            return Response({**answer, "job_id": str(job.pk)}, status=202)
        return Response(_current(version))


def _current(version: DatasetVersion) -> dict[str, Any]:
    row = DatasetVersion.objects.for_table().get(pk=version.pk)
    return dict(DatasetVersionOut(row).data)


class CompareDatasets(APIView):
    """Any two versions."""

    required_perms = {"GET": ["training.view_datasetversion", "training.view_sample"]}

    @documented(
        responses=ComparisonOut,
        parameters=[
            OpenApiParameter(
                "with",
                {"type": "string", "minLength": 1},
                required=True,
                description="The id of the other version.",
            ),
            OpenApiParameter("part", str, enum=PARTS, description="Only these."),
            *PAGED,
        ],
    )
    def get(self, request: ApiRequest, id: str) -> Response:
        """What a version contains and another does not, and the other way round."""
        version = row_or_404(DatasetVersion.objects.all(), id)
        other_id = request.query_params.get("with", "")
        if not other_id:
            raise ValidationError({"with": _("name the other version by its id.")})
        other = row_or_404(DatasetVersion.objects.all(), str(other_id))
        comparison = compare(version, other)
        pages = NewestFirst()
        part = request.query_params.get("part", "")
        rows = pages.paginate_queryset(comparison.rows(part), request)
        answer = {
            "version": version,
            "other": other,
            "added": comparison.added,
            "withdrawn": comparison.withdrawn,
            "changed": comparison.changed,
            "counts": {"version": counts(version), "other": counts(other)},
            "items": rows,
            "next": pages.next_cursor,
        }
        return Response(ComparisonOut(answer).data)


class SampleList(ListAPIView):
    """What a dataset version contains: the earlier samples too, less the withdrawn."""

    required_perms = {"GET": ["training.view_sample"]}
    serializer_class = SampleOut
    filterset_class = SampleFilters
    queryset = Sample.objects.for_table()

    @cached_property
    def version(self) -> DatasetVersion:
        return row_or_404(DatasetVersion.objects.all(), self.kwargs["id"])

    def get_queryset(self) -> QuerySet[Sample]:
        return self.version.samples().for_table()

    def filter_context(self) -> dict[str, Any]:
        return {"version": self.version}


class DownloadDataset(APIView):
    required_perms = {"GET": ["training.view_sample"]}

    @documented(responses={(200, NDJSON): OpenApiTypes.BINARY})
    def get(self, request: ApiRequest, id: str) -> FileResponse:
        """The sealed samples as NDJSON: exactly the bytes that the sha256 is of."""
        version = row_or_404(DatasetVersion.objects.all(), id)
        content = open_download(version, requester=requester_of(request))
        answer = FileResponse(
            content,
            as_attachment=True,
            filename=f"dataset-{version.number}.ndjson",
            content_type=NDJSON,
        )
        answer["X-Content-SHA256"] = version.sha256
        return answer

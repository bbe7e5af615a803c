"""Training runs over HTTP: submit one, look at them."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from preciso import limits
from preciso.api import ApiRequest, documented
from preciso.api_fields import Body, Document, Id, Text, row_or_404
from preciso.api_views import APIView, ListAPIView
from preciso.trainers import TRAINERS
from training.api.serializers import RunOut
from training.choices import RunStatus, TrainingScope
from training.filters.runs import RunFilters
from training.models import DatasetVersion, TrainingRun
from training.services.runs.requests import MODEL_NAME, RunRequest
from training.services.runs.submissions import submit_run

LONGEST_KEY = 200
SUBMISSION = ["queued", "skipped"]
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="For 24 hours the same key and body is the same run.",
)


@extend_schema_field({"type": "string", "pattern": f"^{MODEL_NAME.pattern}$"})
class ModelName(Text):
    """Empty: the installation's own."""


@extend_schema_field({"type": "string", "enum": ["", *TRAINERS]})
class KnownTrainer(Text):
    """Empty: the installation's own."""


@extend_schema_field({"type": "string", "enum": TrainingScope.values})
class KnownScope(Text):
    pass


class RunIn(Body):
    dataset_version_id = Id()
    model_name = ModelName(required=False, max_length=limits.NAME)
    trainer = KnownTrainer(required=False, max_length=limits.NAME)
    local_model_path = Text(required=False, default="", max_length=limits.PATH)
    training_args = Document(required=False, default=dict, max_bytes=limits.ARGUMENTS)
    notes = Text(required=False, default="", max_length=limits.TEXT)
    scope = KnownScope(
        required=False,
        default=TrainingScope.ALL,
        max_length=limits.NAME,
        help_text="`all` it contains, or `delta`: only what is new in it.",
    )


class SubmittedOut(serializers.Serializer):
    run_id = Id()
    job_id = Id()
    pipeline_job_id = Id()
    status = serializers.ChoiceField(choices=SUBMISSION)


class SubmitRun(APIView):
    required_perms = {"POST": ["training.train"]}

    @documented(
        request=RunIn, responses={202: SubmittedOut}, parameters=[IDEMPOTENCY_KEY]
    )
    def post(self, request: ApiRequest) -> Response:
        """Train on a sealed dataset version; a job does the work."""
        body = RunIn.read(request)
        version = row_or_404(
            DatasetVersion.objects.all(), body.pop("dataset_version_id")
        )
        key = request.headers.get("Idempotency-Key", "").strip()
        if len(key) > LONGEST_KEY:
            raise ValidationError(
                {"Idempotency-Key": _("is longer than %d characters.") % LONGEST_KEY}
            )
        run = submit_run(
            RunRequest(dataset_version=version, **body),
            by=request.user,
            idempotency_key=key,
        )
        # The same key answers the same later, when the run has long begun or ended.
        skipped = run.status == RunStatus.SKIPPED
        answer = {
            "run_id": str(run.pk),
            "job_id": str(run.job_id),
            "pipeline_job_id": str(run.job_id),
            "status": "skipped" if skipped else "queued",
        }
        return Response(answer, status=202)


class RunList(ListAPIView):
    """All training runs, newest first."""

    required_perms = {"GET": ["training.view_trainingrun"]}
    serializer_class = RunOut
    filterset_class = RunFilters
    queryset = TrainingRun.objects.for_table()


class RunDetail(APIView):
    required_perms = {"GET": ["training.view_trainingrun"]}

    @documented(responses=RunOut)
    def get(self, request: ApiRequest, id: str) -> Response:
        return Response(RunOut(row_or_404(TrainingRun.objects.for_table(), id)).data)

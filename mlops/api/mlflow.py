"""MLflow over HTTP, answered from the mirror's own tables: nobody waits for MLflow."""

from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from mlops.api.serializers import PeriodOut
from mlops.choices import OutboxKind
from mlops.mirror.outbox import RunStart, mirror_status, start_run
from mlops.models import MirroredExperiment, ModelVersion, OutboxEvent
from mlops.serving import selection
from preciso import limits
from preciso.api import ApiRequest, documented
from preciso.api_fields import (
    Body,
    Bool,
    Document,
    Id,
    Moment,
    Text,
    TextOrNull,
    Whole,
    row_or_404,
)
from preciso.api_views import APIView, ListAPIView
from preciso.body_fields import RequiredText
from training.errors import InvalidInput

PRODUCTION = "production"


class ExperimentOut(serializers.Serializer):
    id = Id()
    name = Text()
    experiment_id = Text(source="mlflow_id")
    seen_at = Moment()


class RunStartIn(Body):
    experiment = Text(required=False, default="", max_length=limits.LABEL)
    name = Text(required=False, default="", max_length=limits.LABEL)
    params = Document(required=False, default=dict, max_bytes=limits.ARGUMENTS)
    tags = Document(required=False, default=dict, max_bytes=limits.ARGUMENTS)


class RunStartOut(serializers.Serializer):
    """MLflow's own ids are null until the mirror has told it, a moment later."""

    id = Id()
    status = serializers.SerializerMethodField()
    experiment = Text(source="payload.experiment")
    experiment_id = serializers.SerializerMethodField()
    mlflow_run_id = serializers.SerializerMethodField()
    created_at = Moment()

    def get_status(self, event: OutboxEvent) -> str:
        """queued, or started once MLflow knows the run."""
        return "started" if event.delivered_at else "queued"

    def get_experiment_id(self, event: OutboxEvent) -> str | None:
        return _id_or_none(event, "experiment_id")

    def get_mlflow_run_id(self, event: OutboxEvent) -> str | None:
        return _id_or_none(event, "run_id")


@extend_schema_field(
    {"type": "string", "pattern": "^[Pp][Rr][Oo][Dd][Uu][Cc][Tt][Ii][Oo][Nn]$"}
)
class StageField(RequiredText):
    """Production, the only one there is here."""


class PromoteIn(Body):
    version = Id()
    stage = StageField()
    reason = Text(required=False, default="", max_length=limits.TEXT)


class MirrorOut(serializers.Serializer):
    """How far MLflow has been told."""

    enabled = Bool()
    store = Text()
    pending = Whole()
    failing = Whole()
    delivering = Bool()
    oldest_pending_at = Moment(allow_null=True)
    last_delivered_at = Moment(allow_null=True)
    last_error = TextOrNull()


class Experiments(ListAPIView):
    """The MLflow experiments the mirror has written to, newest first."""

    required_perms = {"GET": ["mlops.view_mirroredexperiment"]}
    serializer_class = ExperimentOut
    queryset = MirroredExperiment.objects.all()


class StartRun(APIView):
    required_perms = {"POST": ["training.train"]}

    @documented(request=RunStartIn, responses={202: RunStartOut})
    def post(self, request: ApiRequest) -> Response:
        """Start a run in MLflow; GET .../runs/{id} tells its MLflow id."""
        event = start_run(RunStart(**RunStartIn.read(request)), by=request.user)
        return Response(RunStartOut(event).data, status=202)


class StartedRun(APIView):
    required_perms = {"GET": ["mlops.view_outboxevent"]}

    @documented(responses=RunStartOut)
    def get(self, request: ApiRequest, id: str) -> Response:
        """A run that was started by hand, with its MLflow id once there is one."""
        rows = OutboxEvent.objects.filter(kind=OutboxKind.RUN_STARTED)
        return Response(RunStartOut(row_or_404(rows, id)).data)


class Promote(APIView):
    required_perms = {"POST": ["mlops.select_version"]}

    @documented(request=PromoteIn, responses=PeriodOut)
    def post(self, request: ApiRequest, name: str) -> Response:
        """Let a version serve, in MLflow's words: move it to stage Production."""
        body = PromoteIn.read(request)
        if body["stage"].lower() != PRODUCTION:
            raise InvalidInput(
                _("There is one stage here, Production: the version that serves.")
            )
        version = _version(name, body["version"])
        period, _changed = selection.select_version(
            version, by=request.user, reason=body["reason"]
        )
        context = {"state": selection.state()}
        return Response(PeriodOut(period, context=context).data)


class MirrorStatusView(APIView):
    required_perms = {"GET": ["mlops.view_outboxevent"]}

    @documented(responses=MirrorOut)
    def get(self, request: ApiRequest) -> Response:
        """Whether MLflow has been told everything, and if not, why."""
        return Response(MirrorOut(mirror_status()).data)


def _id_or_none(event: OutboxEvent, name: str) -> str | None:
    known = event.result.get(name)
    return None if known is None else str(known)


def _version(name: str, number: str) -> ModelVersion:
    known = ModelVersion.objects.filter(name=name)
    version = known.filter(version=int(number)).first() if _is_number(number) else None
    if version is None:
        raise NotFound(
            _("There is no version %(version)s of %(name)s.")
            % {"version": number[:40], "name": name[:100]}
        )
    return version


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


urlpatterns = [
    path(
        "mlflow/experiments",
        Experiments.as_view(),
        name="api-mlflow-experiments",
    ),
    path("mlflow/runs/start", StartRun.as_view(), name="api-mlflow-run-start"),
    path("mlflow/runs/<str:id>", StartedRun.as_view(), name="api-mlflow-run"),
    path(
        "mlflow/models/<str:name>/promote",
        Promote.as_view(),
        name="api-mlflow-promote",
    ),
    path("mlflow/status", MirrorStatusView.as_view(), name="api-mlflow-status"),
]

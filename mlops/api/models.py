"""Model versions over HTTP: look at them, and where they come from."""

from typing import Any

from rest_framework.response import Response

from mlops.api.filters import ModelFilters
from mlops.api.serializers import LineageOut, ModelVersionOut, OneModelOut
from mlops.models import ModelVersion
from mlops.provenance.origin import lineage
from mlops.serving.model_registry import quarantine, release_quarantine
from mlops.serving.selection import current_period, state
from mlops.serving.withdrawals import accept_withdrawn
from preciso.api import ApiRequest, documented
from preciso.api_fields import Body, row_or_404
from preciso.api_views import APIView, ListAPIView
from preciso.body_fields import RequiredText

VIEW = {"GET": ["mlops.view_modelversion"]}


class Models(ListAPIView):
    """All model versions, newest first; the ineligible ones say why."""

    required_perms = VIEW
    serializer_class = ModelVersionOut
    filterset_class = ModelFilters
    queryset = ModelVersion.objects.for_table()

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "serving_id": _serving_id()}


class OneModel(APIView):
    required_perms = VIEW

    @documented(responses=OneModelOut)
    def get(self, request: ApiRequest, id: str) -> Response:
        return _version_response(row_or_404(ModelVersion.objects.for_table(), id))


class ModelLineage(APIView):
    required_perms = VIEW

    @documented(responses=LineageOut)
    def get(self, request: ApiRequest, id: str) -> Response:
        """From a model version back to its run, its dataset and the people behind."""
        version = row_or_404(ModelVersion.objects.for_table(), id)
        return Response(LineageOut(lineage(version), context=lineage_context()).data)


class GivenReasonIn(Body):
    reason = RequiredText()


class Quarantine(APIView):
    required_perms = {"POST": ["mlops.quarantine_modelversion"]}

    @documented(request=GivenReasonIn, responses=OneModelOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """It may not serve until somebody lifts this; 409 while it serves."""
        version = row_or_404(ModelVersion.objects.for_table(), id)
        quarantine(version, by=request.user, **GivenReasonIn.read(request))
        return _version_response(version)


class LiftQuarantine(APIView):
    required_perms = {"POST": ["mlops.quarantine_modelversion"]}

    @documented(request=GivenReasonIn, responses=OneModelOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Check it anew; it may serve again if its files are well."""
        version = row_or_404(ModelVersion.objects.for_table(), id)
        release_quarantine(version, by=request.user, **GivenReasonIn.read(request))
        return _version_response(version)


class AcceptWithdrawn(APIView):
    required_perms = {"POST": ["mlops.select_version"]}

    @documented(request=GivenReasonIn, responses=OneModelOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """It may serve though samples it learnt from were withdrawn since."""
        version = row_or_404(ModelVersion.objects.for_table(), id)
        accept_withdrawn(version, by=request.user, **GivenReasonIn.read(request))
        return _version_response(version)


def _version_response(version: ModelVersion) -> Response:
    context = {"serving_id": _serving_id()}
    return Response(OneModelOut(version, context=context).data)


def lineage_context() -> dict[str, Any]:
    """What LineageOut needs."""
    return {"serving_id": _serving_id(), "state": state()}


def _serving_id() -> int | None:
    period = current_period()
    return period.model_version_id if period else None

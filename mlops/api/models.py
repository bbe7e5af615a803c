"""Model versions over HTTP: look at them, and where they come from."""

from typing import Any

from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from mlops.api.filters import ModelFilters
from mlops.api.shapes import LineageOut, ModelVersionOut, OneModelOut
from mlops.models import ModelVersion
from mlops.selectors.lineage import lineage
from mlops.services.serving import current_period, state
from preciso.api import ApiRequest, documented
from preciso.shapes import found

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
        version = found(ModelVersion.objects.for_table(), id)
        context = {"serving_id": _serving_id()}
        return Response(OneModelOut(version, context=context).data)


class ModelLineage(APIView):
    required_perms = VIEW

    @documented(responses=LineageOut)
    def get(self, request: ApiRequest, id: str) -> Response:
        """From a model version back to its run, its dataset and the people behind."""
        version = found(ModelVersion.objects.for_table(), id)
        return Response(LineageOut(lineage(version), context=lineage_context()).data)


def lineage_context() -> dict[str, Any]:
    """What LineageOut needs."""
    return {"serving_id": _serving_id(), "state": state()}


def _serving_id() -> int | None:
    period = current_period()
    return period.model_version_id if period else None

"""Serving over HTTP: what serves, what served when, select, roll back."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response

from mlops.api.filters import PeriodFilters
from mlops.api.serializers import PeriodOut
from mlops.models import ModelVersion, ServingPeriod
from mlops.serving import selection
from preciso import limits
from preciso.api import ApiRequest, documented
from preciso.api_fields import MOMENT, Body, Id, Text, moment, row_or_404
from preciso.api_views import APIView, ListAPIView

VIEW = {"GET": ["mlops.view_servingperiod"]}


class SelectIn(Body):
    model_version_id = Id()
    reason = Text(required=False, default="", max_length=limits.TEXT)
    expected_current = Id(required=False)


class RollBackIn(Body):
    reason = Text(required=False, default="", max_length=limits.TEXT)
    expected_current = Id(required=False)


class ReasonIn(Body):
    reason = Text(required=False, default="", max_length=limits.TEXT)


class Serving(APIView):
    required_perms = VIEW

    @documented(responses=PeriodOut)
    def get(self, request: ApiRequest) -> Response:
        """The open serving period; 404 before the first."""
        return period_response(selection.current_period(), _("No model serves yet."))


class History(ListAPIView):
    """All serving periods, newest first."""

    required_perms = VIEW
    serializer_class = PeriodOut
    filterset_class = PeriodFilters
    queryset = ServingPeriod.objects.for_table()

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "state": selection.state()}


class ServingAt(APIView):
    required_perms = VIEW

    @documented(
        parameters=[OpenApiParameter("time", MOMENT, required=True)],
        responses=PeriodOut,
    )
    def get(self, request: ApiRequest) -> Response:
        """The period that contains this moment; 404 before the first."""
        try:
            at = moment(request.query_params.get("time", ""))
        except ValueError as error:
            problem = _("must be an ISO 8601 time such as 2026-01-31T09:00:00Z.")
            raise ValidationError({"time": problem}) from error
        period = ServingPeriod.objects.for_table().at(at).first()
        return period_response(period, _("No model served then."))


class Select(APIView):
    required_perms = {"POST": ["mlops.select_version"]}

    @documented(
        request=SelectIn,
        responses={
            201: PeriodOut,
            200: OpenApiResponse(PeriodOut, "It serves already; nothing changed."),
        },
    )
    def post(self, request: ApiRequest) -> Response:
        """Let this version serve, from the next request on."""
        body = SelectIn.read(request)
        version = row_or_404(ModelVersion.objects.all(), body.pop("model_version_id"))
        period, changed = selection.select_version(version, by=request.user, **body)
        return period_response(period, status=201 if changed else 200)


class RollBack(APIView):
    required_perms = {"POST": ["mlops.roll_back"]}

    @documented(request=RollBackIn, responses={201: PeriodOut})
    def post(self, request: ApiRequest) -> Response:
        """Bring back what served before; automatic promotion is put on hold."""
        period = selection.roll_back(by=request.user, **RollBackIn.read(request))
        return period_response(period, status=201)


class ReleaseHold(APIView):
    required_perms = {"POST": ["mlops.release_hold"]}

    @documented(request=ReasonIn, responses=PeriodOut)
    def post(self, request: ApiRequest) -> Response:
        """Allow automatic promotion again."""
        selection.release_hold(by=request.user, **ReasonIn.read(request))
        return period_response(selection.current_period(), _("No model serves yet."))


def period_response(
    period: ServingPeriod | None, otherwise: str = "", status: int = 200
) -> Response:
    """The period as JSON. Raises NotFound, saying `otherwise`, where there is none."""
    if period is None:
        raise NotFound(otherwise)
    context = {"state": selection.state()}
    return Response(PeriodOut(period, context=context).data, status=status)

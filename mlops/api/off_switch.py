"""The off switch and the fallback over HTTP."""

from drf_spectacular.utils import OpenApiResponse
from rest_framework.response import Response

from mlops.api.serializers import PeriodOut
from mlops.api.serving import period_response
from mlops.models import ModelVersion
from mlops.serving import fallbacks, off_switch, selection
from preciso.api import ApiRequest, documented
from preciso.api_fields import Body, Bool, row_or_404
from preciso.api_views import APIView
from preciso.body_fields import RequiredText

SWITCHED = {
    201: PeriodOut,
    200: OpenApiResponse(PeriodOut, "It was so already; nothing changed."),
}


class StopIn(Body):
    reason = RequiredText()
    drill = Bool(required=False, default=False)


class WhyIn(Body):
    reason = RequiredText()


class StopServing(APIView):
    required_perms = {"POST": ["mlops.stop_serving"]}

    @documented(request=StopIn, responses=SWITCHED)
    def post(self, request: ApiRequest) -> Response:
        """People decide from the next request on: /predict answers 503
        `serving_stopped`, new cases get no recommendation. No freeze and no second
        person holds it up. `drill`: it is done to see that it works."""
        body = StopIn.read(request)
        period, changed = off_switch.stop_serving(by=request.user, **body)
        return period_response(period, status=201 if changed else 200)


class StartServing(APIView):
    required_perms = {"POST": ["mlops.start_serving"]}

    @documented(request=WhyIn, responses={201: PeriodOut})
    def post(self, request: ApiRequest) -> Response:
        """What served before it was stopped serves again."""
        body = WhyIn.read(request)
        return period_response(
            off_switch.start_serving(by=request.user, **body), status=201
        )


class SwitchToFallback(APIView):
    required_perms = {"POST": ["mlops.stop_serving"]}

    @documented(request=WhyIn, responses=SWITCHED)
    def post(self, request: ApiRequest) -> Response:
        """The version named as the fallback serves; automatic promotion is put on
        hold. No freeze, rehearsal or second person holds it up."""
        body = WhyIn.read(request)
        period, changed = fallbacks.switch_to_fallback(by=request.user, **body)
        return period_response(period, status=201 if changed else 200)


class NameFallback(APIView):
    required_perms = {"POST": ["mlops.name_fallback"]}

    @documented(request=WhyIn, responses=PeriodOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Name the version to switch to in an emergency; it must have served before."""
        version = row_or_404(ModelVersion.objects.all(), id)
        fallbacks.name_fallback(version, by=request.user, **WhyIn.read(request))
        return period_response(selection.current_period())


class ClearFallback(APIView):
    required_perms = {"POST": ["mlops.name_fallback"]}

    @documented(request=WhyIn, responses=PeriodOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """It is the fallback no more."""
        version = row_or_404(ModelVersion.objects.all(), id)
        fallbacks.clear_fallback(version, by=request.user, **WhyIn.read(request))
        return period_response(selection.current_period())

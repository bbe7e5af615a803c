"""Freeze windows over HTTP, and the two people who switch in one all the same."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from mlops.api.serializers import ModelVersionName, PeriodOut
from mlops.models import BreakGlass, FreezeWindow, ModelVersion
from mlops.serving import break_glass, freezes, selection
from preciso import limits
from preciso.api import ApiRequest, documented
from preciso.api_fields import Body, Id, Moment, Person, Text, row_or_404
from preciso.api_views import APIView, ListAPIView
from preciso.body_fields import Name, RequiredText


class FreezeIn(Body):
    """`starts_at` absent: from now on."""

    name = Name()
    starts_at = Moment(required=False)
    ends_at = Moment()


class FreezeOut(serializers.Serializer):
    id = Id()
    name = Text()
    starts_at = Moment()
    ends_at = Moment()
    created_by = Person(allow_null=True)
    canceled_at = Moment(allow_null=True)
    canceled_by = Person(allow_null=True)


class SwitchIn(Body):
    model_version_id = Id()
    reason = RequiredText()


class AnswerIn(Body):
    reason = Text(required=False, default="", max_length=limits.TEXT)


class BreakGlassOut(serializers.Serializer):
    """`freeze`: null where the policy wants two people. `period_id`: what a
    confirmation opened; refused or undecided, it is null."""

    id = Id()
    model_version = ModelVersionName()
    freeze = FreezeOut(allow_null=True)
    requested_by = Person()
    requested_at = Moment()
    reason = Text()
    decided_by = Person(allow_null=True)
    decided_at = Moment(allow_null=True)
    answer = Text()
    period_id = Id(allow_null=True)


class Freezes(ListAPIView):
    required_perms = {
        "GET": ["mlops.view_freezewindow"],
        "POST": ["mlops.add_freezewindow"],
    }
    serializer_class = FreezeOut
    queryset = FreezeWindow.objects.for_table().order_by("-pk")

    @documented(request=FreezeIn, responses={201: FreezeOut})
    def post(self, request: ApiRequest) -> Response:
        """Nothing new is selected from then until then; rolling back stays possible."""
        freeze = freezes.plan_freeze(by=request.user, **FreezeIn.read(request))
        return Response(FreezeOut(freeze).data, status=201)


class CallOff(APIView):
    required_perms = {"POST": ["mlops.add_freezewindow"]}

    @documented(request=AnswerIn, responses=FreezeOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Call a planned freeze off; 409 once it has begun."""
        freeze = row_or_404(FreezeWindow.objects.for_table(), id)
        body = AnswerIn.read(request)
        freezes.call_off_freeze(freeze, by=request.user, reason=body["reason"])
        freeze.refresh_from_db()
        return Response(FreezeOut(freeze).data)


class BreakGlassRequests(ListAPIView):
    required_perms = {
        "GET": ["mlops.view_breakglass"],
        "POST": ["mlops.select_version"],
    }
    serializer_class = BreakGlassOut
    queryset = BreakGlass.objects.for_table()

    @documented(request=SwitchIn, responses={201: BreakGlassOut})
    def post(self, request: ApiRequest) -> Response:
        """Ask for a switch in a freeze, or where the policy wants two people."""
        body = SwitchIn.read(request)
        version = row_or_404(ModelVersion.objects.all(), body["model_version_id"])
        switch = break_glass.request_switch(
            version, by=request.user, reason=body["reason"]
        )
        return Response(BreakGlassOut(switch).data, status=201)


class ConfirmSwitch(APIView):
    required_perms = {"POST": ["mlops.confirm_breakglass"]}

    @documented(request=AnswerIn, responses={201: PeriodOut})
    def post(self, request: ApiRequest, id: str) -> Response:
        """Select the version, in the names of both; 403 for the person who asked."""
        switch = row_or_404(BreakGlass.objects.for_table(), id)
        body = AnswerIn.read(request)
        period = break_glass.confirm_switch(
            switch, by=request.user, answer=body["reason"]
        )
        context: dict[str, Any] = {"state": selection.state()}
        return Response(PeriodOut(period, context=context).data, status=201)


class RefuseSwitch(APIView):
    required_perms = {"POST": ["mlops.select_version"]}

    @documented(request=AnswerIn, responses=BreakGlassOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Close a request, also one's own."""
        switch = row_or_404(BreakGlass.objects.for_table(), id)
        body = AnswerIn.read(request)
        break_glass.refuse_switch(switch, by=request.user, answer=body["reason"])
        switch.refresh_from_db()
        return Response(BreakGlassOut(switch).data)

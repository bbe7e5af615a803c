"""Loosening a four-eyes rule over HTTP: one person asks, another one decides."""

from rest_framework import serializers
from rest_framework.response import Response

from preciso import limits
from preciso.api import ApiRequest, documented
from preciso.api_fields import Body, Id, Moment, Number, Person, Text, row_or_404
from preciso.api_views import APIView, ListAPIView
from preciso.body_fields import RequiredText
from training.choices import FourEyesRule, LooseningStatus
from training.models import Loosening
from training.services.policy import loosening

SEE, CHANGE = "training.view_trainingpolicy", loosening.RIGHT


class LooseningIn(Body):
    """`share`: the new share of `conflict_share`; without it, the rule goes off."""

    rule = serializers.ChoiceField(choices=FourEyesRule.choices)
    share = Number(required=False, min_value=0, max_value=1)
    reason = RequiredText()


class LooseningAnswerIn(Body):
    reason = Text(required=False, default="", max_length=limits.TEXT)


class LooseningOut(serializers.Serializer):
    """`asked_by` null: an operator did it on the server, alone. `share_to` null: the
    rule goes off."""

    id = Id()
    rule = serializers.ChoiceField(choices=FourEyesRule.choices)
    share_from = Number(allow_null=True)
    share_to = Number(allow_null=True)
    reason = Text()
    asked_by = Person(allow_null=True)
    asked_at = Moment()
    confirm_until = Moment()
    status = serializers.ChoiceField(choices=LooseningStatus.choices)
    decided_by = Person(allow_null=True)
    decided_at = Moment(allow_null=True)
    answer = Text()
    applied_at = Moment(allow_null=True)


class LooseningList(ListAPIView):
    """What was asked for, and what became of it; newest first."""

    required_perms = {"GET": [SEE], "POST": [CHANGE]}
    serializer_class = LooseningOut
    queryset = Loosening.objects.for_table()

    @documented(request=LooseningIn, responses={201: LooseningOut})
    def post(self, request: ApiRequest) -> Response:
        """Ask that a rule may be loosened; a person has to, not a token."""
        body = LooseningIn.read(request)
        row = loosening.ask_to_loosen(
            FourEyesRule(body["rule"]),
            by=request.user,
            reason=body["reason"],
            to=body.get("share"),
        )
        return Response(LooseningOut(row).data, status=201)


class ConfirmLoosening(APIView):
    required_perms = {"POST": [CHANGE]}

    @documented(request=LooseningAnswerIn, responses=LooseningOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Loosen the rule, in the names of both; 403 for the person who asked."""
        row = row_or_404(Loosening.objects.for_table(), id)
        answer = LooseningAnswerIn.read(request)["reason"]
        loosening.confirm_loosening(row, by=request.user, answer=answer)
        return Response(LooseningOut(row).data)


class DeclineLoosening(APIView):
    required_perms = {"POST": [CHANGE]}

    @documented(request=LooseningAnswerIn, responses=LooseningOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """The rule stays as it is; for one's own request too."""
        row = row_or_404(Loosening.objects.for_table(), id)
        answer = LooseningAnswerIn.read(request)["reason"]
        loosening.decline_loosening(row, by=request.user, answer=answer)
        return Response(LooseningOut(row).data)

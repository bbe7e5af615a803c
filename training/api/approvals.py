"""Reviews over HTTP: approve, reject, request changes, withdraw."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from preciso.api import ApiRequest, documented
from preciso.shapes import Body, Flag, Id, KeptMoment, Number, Text, TextOrNull, found
from training.api.cases import shown
from training.api.gating import GateOut
from training.api.shapes import CaseOut
from training.choices import CaseStatus
from training.models import Case
from training.services import approvals
from training.services.approvals import Verdict

REVIEW = {"POST": ["training.review_case"]}


class DecisionIn(Body):
    default_error_messages = {
        "invalid": _("must be an object with decision and rationale.")
    }

    decision = Text(max_length=200, required=False, default="")
    rationale = Text(required=False, default="")


class ApproveIn(Body):
    decision = DecisionIn(required=False)
    reasoning = Text(required=False, default="")
    confidence_score = Number(required=False, min_value=0, max_value=1)


class ReasoningIn(Body):
    reasoning = Text(required=False, default="")


class RuleOut(serializers.Serializer):
    """One rule of Auto: what it looked at, the limit, and whether it was met."""

    rule = Text()
    value = serializers.JSONField()
    limit = serializers.JSONField()
    ok = Flag()
    next_possible = KeptMoment(allow_null=True)


class AutoOut(serializers.Serializer):
    submitted = Flag()
    job_id = Id(allow_null=True)
    rules = RuleOut(many=True)


class ApprovedSampleOut(serializers.Serializer):
    id = Id()
    gate = GateOut(source="*")


class ApprovalOut(serializers.Serializer):
    status = serializers.ChoiceField(choices=CaseStatus.choices, source="case.status")
    review_id = Id(source="review.pk")
    decision = TextOrNull(source="review.decision")
    sample = ApprovedSampleOut(allow_null=True)
    auto = AutoOut()


class Approve(APIView):
    required_perms = REVIEW

    @documented(request=ApproveIn, responses=ApprovalOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Decide a case. Without a decision, its recommendation is accepted."""
        case = found(Case.objects.all(), id)
        body = ApproveIn.read(request)
        approval = approvals.approve_case(case, _verdict(body), by=request.user)
        return Response(ApprovalOut(approval).data)


class Reject(APIView):
    required_perms = REVIEW

    @documented(request=ReasoningIn, responses=CaseOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Turn the case down: nothing is learnt from it."""
        case = found(Case.objects.all(), id)
        approvals.reject_case(case, by=request.user, **ReasoningIn.read(request))
        return shown(case)


class RequestChanges(APIView):
    required_perms = REVIEW

    @documented(request=ReasoningIn, responses=CaseOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Send the case back to whoever posted it."""
        case = found(Case.objects.all(), id)
        approvals.request_changes(case, by=request.user, **ReasoningIn.read(request))
        return shown(case)


class Withdraw(APIView):
    required_perms = REVIEW

    @documented(request=ReasoningIn, responses=CaseOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Take an approval back: the case waits again, its sample leaves."""
        case = found(Case.objects.all(), id)
        approvals.withdraw_approval(case, by=request.user, **ReasoningIn.read(request))
        return shown(case)


def _verdict(body: dict[str, Any]) -> Verdict:
    return Verdict(
        **body.get("decision", {}),
        reasoning=body["reasoning"],
        confidence=body.get("confidence_score"),
    )

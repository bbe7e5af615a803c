"""Reviews over HTTP: approve, reject, request changes, withdraw."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.response import Response

from preciso import limits
from preciso.api import ApiRequest, documented
from preciso.api_fields import (
    Body,
    Bool,
    Id,
    Number,
    StoredMoment,
    Text,
    TextOrNull,
    as_id,
    row_or_404,
)
from preciso.api_views import APIView
from training.api.cases import current_case
from training.api.gate import GateOut
from training.api.serializers import CaseOut
from training.choices import CaseStatus
from training.models import Case
from training.services.cases import approvals, bulk_approvals
from training.services.cases.approvals import ReviewInput

REVIEW = {"POST": ["training.review_case"]}


class DecisionIn(Body):
    default_error_messages = {
        "invalid": _("must be an object with decision and rationale.")
    }

    decision = Text(max_length=limits.LABEL, required=False, default="")
    rationale = Text(required=False, default="", max_length=limits.TEXT)


class ApproveIn(Body):
    decision = DecisionIn(required=False)
    reasoning = Text(required=False, default="", max_length=limits.TEXT)
    confidence_score = Number(required=False, min_value=0, max_value=1)


class ReasoningIn(Body):
    reasoning = Text(required=False, default="", max_length=limits.TEXT)


class RuleOut(serializers.Serializer):
    """One rule of Auto: what it looked at, the limit, and whether it was met."""

    rule = Text()
    value = serializers.JSONField()
    limit = serializers.JSONField()
    ok = Bool()
    next_possible = StoredMoment(allow_null=True)


class AutoOut(serializers.Serializer):
    submitted = Bool()
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


class ApproveCase(APIView):
    required_perms = REVIEW

    @documented(request=ApproveIn, responses=ApprovalOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Decide a case. Without a decision, its recommendation is accepted."""
        case = row_or_404(Case.objects.all(), id)
        body = ApproveIn.read(request)
        verdict = ReviewInput(
            **body.get("decision", {}),
            reasoning=body["reasoning"],
            confidence=body.get("confidence_score"),
        )
        approval = approvals.approve_case(case, verdict, by=request.user)
        return Response(ApprovalOut(approval).data)


class RejectCase(APIView):
    required_perms = REVIEW

    @documented(request=ReasoningIn, responses=CaseOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Turn the case down: nothing is learnt from it."""
        case = row_or_404(Case.objects.all(), id)
        approvals.reject_case(case, by=request.user, **ReasoningIn.read(request))
        return current_case(case, request)


class RequestChanges(APIView):
    required_perms = REVIEW

    @documented(request=ReasoningIn, responses=CaseOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Send the case back to whoever posted it."""
        case = row_or_404(Case.objects.all(), id)
        approvals.request_changes(case, by=request.user, **ReasoningIn.read(request))
        return current_case(case, request)


class BulkIn(Body):
    case_ids = serializers.ListField(child=Id(), max_length=bulk_approvals.AT_MOST)


class OneOfManyOut(serializers.Serializer):
    """What became of one case; ``code`` and ``detail`` say why it stayed."""

    case_id = Id()
    approved = Bool()
    status = serializers.ChoiceField(choices=CaseStatus.choices, allow_null=True)
    decision = TextOrNull()
    code = TextOrNull()
    detail = TextOrNull()


class BulkOut(serializers.Serializer):
    results = OneOfManyOut(many=True)


class ApproveCases(APIView):
    required_perms = REVIEW

    @documented(request=BulkIn, responses=BulkOut)
    def post(self, request: ApiRequest) -> Response:
        """Accept the recommendation of each case; one that cannot be stops no other."""
        ids = {text: as_id(text) for text in BulkIn.read(request)["case_ids"]}
        numbers = [number for number in ids.values() if number is not None]
        result = bulk_approvals.approve_many(numbers, by=request.user)
        outcomes: dict[int | None, dict[str, Any]] = {
            approval.case.pk: {
                "approved": True,
                "status": approval.case.status,
                "decision": approval.review.decision,
                "code": "",
                "detail": "",
            }
            for approval in result.approvals
        }
        outcomes |= {
            refusal.case.pk: {
                "approved": False,
                "status": refusal.case.status,
                "decision": "",
                "code": refusal.code,
                "detail": refusal.why,
            }
            for refusal in result.refused
        }
        rows = [
            {"case_id": text, **(outcomes.get(number) or _no_such_case(text))}
            for text, number in ids.items()
        ]
        return Response(BulkOut({"results": rows}).data)


def _no_such_case(text: str) -> dict[str, Any]:
    sentence = gettext("There is no %(thing)s %(id)s.")
    return {
        "approved": False,
        "status": None,
        "decision": "",
        "code": "not_found",
        "detail": sentence % {"thing": Case._meta.verbose_name, "id": text[:40]},
    }


class WithdrawApproval(APIView):
    required_perms = REVIEW

    @documented(request=ReasoningIn, responses=CaseOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Take an approval back: the case waits again, its sample leaves."""
        case = row_or_404(Case.objects.all(), id)
        approvals.withdraw_approval(case, by=request.user, **ReasoningIn.read(request))
        return current_case(case, request)

"""Auto over HTTP: whether it is on, its policy, and why it would train or not."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from preciso.api import ApiRequest
from preciso.shapes import Body, Flag, Moment, Number, Whole
from training.api.approvals import RuleOut
from training.models import TrainingPolicy
from training.services import auto

LARGEST = 2_147_483_647  # what the column of every database holds


class PolicyIn(Body):
    """Fields left out stay as they are."""

    enabled = Flag(required=False)
    min_new_samples = Whole(required=False, min_value=1, max_value=LARGEST)
    cooldown_minutes = Whole(required=False, min_value=0, max_value=LARGEST)
    runs_per_day = Whole(required=False, min_value=1, max_value=LARGEST)
    min_confidence = Number(required=False, min_value=0, max_value=1)
    min_evidence = Whole(required=False, min_value=0, max_value=LARGEST)
    max_output_chars = Whole(required=False, min_value=1, max_value=LARGEST)
    bulk_counts_for_auto = Flag(required=False)


class AutoStateOut(serializers.Serializer):
    """The policy as it counts now, and what each rule says of a training now."""

    enabled = serializers.SerializerMethodField()
    switched_by = serializers.SerializerMethodField()
    min_new_samples = Whole()
    cooldown_minutes = Whole()
    runs_per_day = Whole()
    min_confidence = Number()
    min_evidence = Whole()
    max_output_chars = Whole()
    bulk_counts_for_auto = Flag()
    updated_at = Moment()
    rules = serializers.SerializerMethodField()

    def get_enabled(self, policy: TrainingPolicy) -> bool:
        return auto.is_enabled(policy)

    @extend_schema_field({"type": "string", "enum": ["environment", "policy"]})
    def get_switched_by(self, policy: TrainingPolicy) -> str:
        return auto.switched_by(policy)

    @extend_schema_field(RuleOut(many=True))
    def get_rules(self, policy: TrainingPolicy) -> list[dict[str, Any]]:
        return [RuleOut(rule).data for rule in auto.judge(policy)]


class Auto(APIView):
    required_perms = {
        "GET": ["training.view_trainingpolicy"],
        "POST": ["training.change_trainingpolicy"],
    }

    @extend_schema(responses=AutoStateOut)
    def get(self, request: ApiRequest) -> Response:
        """Whether Auto is on, its policy, and what each rule says now."""
        return Response(AutoStateOut(auto.policy()).data)

    @extend_schema(request=PolicyIn, responses=AutoStateOut)
    def post(self, request: ApiRequest) -> Response:
        """Switch Auto on or off, or change its policy."""
        changes = PolicyIn.read(request)
        if "enabled" in changes:
            changes["auto_enabled"] = changes.pop("enabled")
        policy = auto.change_policy(by=request.user, **changes)
        return Response(AutoStateOut(policy).data)

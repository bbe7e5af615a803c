"""Auto over HTTP: its policy, why it would train or not, what it would have done."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from preciso.api import ApiRequest, documented
from preciso.api_fields import Body, Bool, Id, Moment, Number, Text, Whole
from preciso.api_views import APIView, ListAPIView
from preciso.body_fields import ClockTime, Price
from training.api.approvals import RuleOut
from training.api.schedules import Schedule
from training.choices import JobFlow, ReviewSource, TrainingScope, Trigger
from training.filters.decisions import DecisionFilters
from training.gate.limits import LARGEST as MOST_EVIDENCE
from training.models import AutoDecision, TrainingPolicy
from training.schedules import in_words
from training.services.policy import auto_decisions, batch_schedule, policies
from training.services.policy.simulation import LONGEST_DAYS, simulate

LARGEST = 2_147_483_647  # what the column of every database holds
YEAR = 366 * 24 * 60  # minutes
MAY_BE_EMPTY = sorted(
    field.name
    for field in TrainingPolicy._meta.concrete_fields
    if field.null and field.name in policies.POLICY_FIELDS
)


def whole(least: int = 0, most: int = LARGEST) -> Whole:
    return Whole(required=False, min_value=least, max_value=most)


class EvidenceBySource(Body):
    """Pieces of evidence needed, by the way of review."""

    default_error_messages = {"invalid": _("must be an object of ways and numbers.")}

    def get_fields(self) -> dict[str, serializers.Field]:
        return {
            way: Whole(required=False, min_value=0, max_value=MOST_EVIDENCE)
            for way in ReviewSource.values
        }


class PolicyIn(Body):
    """Fields left out stay as they are; those named in ``clear`` become empty."""

    enabled = Bool(required=False)
    min_new_samples = whole(1)
    undo_window_minutes = whole(most=YEAR)
    cooldown_minutes = whole(most=YEAR)
    runs_per_day = whole(1)
    minutes_per_day = whole()
    allowed_from = ClockTime(required=False)
    allowed_until = ClockTime(required=False)
    bulk_counts_for_auto = Bool(required=False)
    trains_while_on_hold = Bool(required=False)
    training_scope = serializers.ChoiceField(
        choices=TrainingScope.choices, required=False
    )
    batch_schedule = Schedule(required=False)
    batch_min_new_samples = whole(1)
    min_confidence = Number(required=False, min_value=0, max_value=1)
    min_evidence = whole()
    min_evidence_by_source = EvidenceBySource(required=False)
    min_numbers_found = Number(required=False, min_value=0, max_value=1)
    max_output_chars = whole(1)
    max_contradictions = whole()
    max_duplicates = whole()
    budget_minutes_per_day = whole()
    budget_minutes_per_month = whole()
    price_per_minute = Price(
        max_digits=12, decimal_places=4, min_value=0, required=False
    )
    promote_enabled = Bool(required=False)
    promote_margin = Number(required=False, min_value=0)
    promote_min_cases = whole(1)
    promote_max_drop = Number(required=False, min_value=0, max_value=1)
    rehearsal_required = Bool(required=False)
    bars_own_cases = Bool(required=False)
    conflict_share = Number(required=False, min_value=0, max_value=1)
    two_people_select = Bool(required=False)
    short_review_seconds = Whole(required=False, min_value=1, max_value=3600)
    blind_share = Number(required=False, min_value=0, max_value=1)
    agreement_alert_below = Number(required=False, min_value=0, max_value=1)
    agreement_alert_min_cases = whole(1)
    clear = serializers.ListField(
        child=serializers.ChoiceField(choices=MAY_BE_EMPTY), required=False
    )

    @classmethod
    def changes(cls, body: dict[str, Any]) -> dict[str, Any]:
        """The body as fields of the policy."""
        changes = {name: body[name] for name in body if name in policies.POLICY_FIELDS}
        if "enabled" in body:
            changes["auto_enabled"] = body["enabled"]
        return changes | dict.fromkeys(body.get("clear", ()))


class SimulationIn(PolicyIn):
    """A policy that is not saved, and how many days it is tried on."""

    days = Whole(required=False, min_value=1, max_value=LONGEST_DAYS, default=30)


class ScheduleOut(serializers.Serializer):
    """The schedule of Batch, as a person reads it, and its next dates."""

    expression = Text(source="batch_schedule")
    in_words = serializers.SerializerMethodField()
    next = serializers.SerializerMethodField()

    def get_in_words(self, policy: TrainingPolicy) -> str:
        return in_words(policy.batch_schedule) if policy.batch_schedule else ""

    @extend_schema_field(serializers.ListField(child=Moment()))
    def get_next(self, policy: TrainingPolicy) -> list[str]:
        as_text = Moment().to_representation
        return [as_text(date) for date in batch_schedule.coming_dates(policy)]


class AutoStateOut(serializers.ModelSerializer):
    """The policy as it counts now, and what each rule says of a training now."""

    enabled = serializers.SerializerMethodField()
    switched_by = serializers.SerializerMethodField()
    schedule = ScheduleOut(source="*")
    updated_at = Moment()
    rules = serializers.SerializerMethodField()

    class Meta:
        model = TrainingPolicy
        fields = (
            "enabled",
            "switched_by",
            *(name for name in policies.POLICY_FIELDS if name != "auto_enabled"),
            "schedule",
            "updated_at",
            "rules",
        )

    def get_enabled(self, policy: TrainingPolicy) -> bool:
        return policies.is_enabled(policy)

    @extend_schema_field({"type": "string", "enum": ["environment", "policy"]})
    def get_switched_by(self, policy: TrainingPolicy) -> str:
        return policies.switched_by(policy)

    @extend_schema_field(RuleOut(many=True))
    def get_rules(self, policy: TrainingPolicy) -> list[dict[str, Any]]:
        return [
            RuleOut(rule.as_json()).data for rule in auto_decisions.rules_now(policy)
        ]


class TrainingOut(serializers.Serializer):
    at = Moment()
    flow = serializers.ChoiceField(choices=JobFlow.choices)
    new_samples = Whole()
    minutes = Number()


class SimulationOut(serializers.Serializer):
    """What the policy would have done with the approvals there were."""

    days = Whole()
    approvals = Whole()
    minutes = Number()
    trainings = TrainingOut(many=True)


class DecisionOut(serializers.Serializer):
    """Why the system trained by itself, or did not."""

    id = Id(source="pk")
    at = Moment()
    trigger = serializers.ChoiceField(choices=Trigger.choices)
    due_at = Moment(allow_null=True)
    submitted = Bool()
    case_id = Id(allow_null=True)
    job_id = Id(allow_null=True)
    rules = RuleOut(many=True)


class AutoPolicy(APIView):
    required_perms = {
        "GET": ["training.view_trainingpolicy"],
        "POST": ["training.change_trainingpolicy"],
    }

    @documented(responses=AutoStateOut)
    def get(self, request: ApiRequest) -> Response:
        """Whether Auto is on, its policy, and what each rule says now."""
        return Response(AutoStateOut(policies.policy()).data)

    @documented(request=PolicyIn, responses=AutoStateOut)
    def post(self, request: ApiRequest) -> Response:
        """Switch Auto on or off, or change its policy."""
        changes = PolicyIn.changes(PolicyIn.read(request))
        policy = policies.change_policy(by=request.user, **changes)
        return Response(AutoStateOut(policy).data)


class SimulatePolicy(APIView):
    required_perms = {"POST": ["training.view_trainingpolicy"]}

    @documented(request=SimulationIn, responses=SimulationOut)
    def post(self, request: ApiRequest) -> Response:
        """What a policy, saved or not, would have done in the last days."""
        body = SimulationIn.read(request)
        policy = policies.policy()
        policies.apply_changes(policy, SimulationIn.changes(body))
        return Response(SimulationOut(simulate(policy, days=body["days"])).data)


class DecisionList(ListAPIView):
    """Each decision of Auto and of the schedule, with its reasons; newest first."""

    required_perms = {"GET": ["training.view_autodecision"]}
    serializer_class = DecisionOut
    filterset_class = DecisionFilters
    queryset = AutoDecision.objects.order_by("-pk")

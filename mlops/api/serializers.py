"""Serializers of model versions, serving periods, lineage and checks, for answers."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from mlops.api.fairness import FairnessOut
from mlops.api.segments import SegmentsOut
from mlops.choices import PeriodKind
from mlops.evaluation.fairness_report import fairness_of
from mlops.evaluation.segment_report import segments_of
from mlops.models import (
    ModelVersion,
    PromotionDecision,
    ServingPeriod,
    ServingState,
)
from mlops.provenance.origin import Lineage
from preciso.api_fields import (
    Bool,
    Id,
    Moment,
    Number,
    Person,
    Text,
    TextOrNull,
    Whole,
)


class ModelVersionName(serializers.Serializer):
    """A model version by name, wherever one is mentioned."""

    id = Id()
    name = Text()
    version = Whole()


class ModelVersionOut(serializers.Serializer):
    """Needs `serving_id` in its context: the model version that serves now."""

    id = Id()
    name = Text()
    version = Whole()
    status = serializers.SerializerMethodField()
    eligible = Bool(source="is_eligible")
    ineligible_reason = TextOrNull()
    ineligible_detail = TextOrNull(source="problem_detail")
    withdrawn_samples = Whole(source="withdrawn")
    serving = serializers.SerializerMethodField()
    flavor = Text()
    sha256 = Text()
    metrics = serializers.JSONField()
    evaluation = serializers.JSONField()
    run_id = Id()
    job_id = Id(source="run.job_id")
    dataset_version_id = Id(source="run.dataset_version_id")
    created_at = Moment()
    checked_at = Moment()

    @extend_schema_field({"type": "string", "enum": ["serving", "ready", "ineligible"]})
    def get_status(self, version: ModelVersion) -> str:
        """serving; ready: may be selected; ineligible: may not, see the reason."""
        if self.get_serving(version):
            return "serving"
        return "ready" if version.is_eligible else "ineligible"

    def get_serving(self, version: ModelVersion) -> bool:
        return bool(version.pk == self.context["serving_id"])


class PromotionRuleOut(serializers.Serializer):
    """One rule of an automatic decision; value and limit are what they are."""

    rule = Text()
    value = serializers.JSONField(allow_null=True)
    limit = serializers.JSONField(allow_null=True)
    ok = Bool()
    next_possible = TextOrNull()


class PromotionOut(serializers.Serializer):
    """Whether it took over by itself, and every rule that was looked at."""

    at = Moment()
    promoted = Bool()
    champion = ModelVersionName(allow_null=True)
    period_id = Id(allow_null=True)
    rules = PromotionRuleOut(many=True)


class OneModelOut(ModelVersionOut):
    """A version, how it compares with the one that served, its promotion, fairness,
    and how it does group by group."""

    comparison = serializers.SerializerMethodField()
    promotion = serializers.SerializerMethodField()
    fairness = serializers.SerializerMethodField()
    segments = serializers.SerializerMethodField()

    @extend_schema_field({"type": "object", "nullable": True})
    def get_comparison(self, version: ModelVersion) -> dict[str, Any] | None:
        """Null where nothing served when it was measured."""
        return (version.evaluation or {}).get("comparison")

    @extend_schema_field(PromotionOut(allow_null=True))
    def get_promotion(self, version: ModelVersion) -> dict[str, Any] | None:
        """Null where it was not judged: promotion was switched off then."""
        decisions = PromotionDecision.objects.filter(model_version=version)
        decision = decisions.select_related("champion").first()
        return PromotionOut(decision).data if decision else None

    @extend_schema_field(FairnessOut(allow_null=True))
    def get_fairness(self, version: ModelVersion) -> dict[str, Any] | None:
        """By group of each protected attribute, on the held-out cases; null where
        none was kept with them."""
        fairness = fairness_of(version)
        return FairnessOut(fairness).data if fairness else None

    @extend_schema_field(SegmentsOut(allow_null=True))
    def get_segments(self, version: ModelVersion) -> dict[str, Any] | None:
        """Right answers by groups of the facts; null where there are too few cases."""
        segments = segments_of(version)
        return SegmentsOut(segments).data if segments else None


class HoldOut(serializers.Serializer):
    """Automatic promotion waits until a person lifts this."""

    since = Moment(source="hold_since")
    by = Person(source="hold_by", allow_null=True)
    reason = Text(source="hold_reason")


class RehearsedOut(serializers.Serializer):
    """What was known of a switch beforehand; the rest is at /serving/rehearsals."""

    id = Id()
    cases = Whole()
    changed = Whole()
    away = Whole()


class PeriodOut(serializers.Serializer):
    """Needs `state` in its context: the ServingState with the hold."""

    id = Id()
    model_version = ModelVersionName(allow_null=True)
    since = Moment()
    until = Moment(allow_null=True)
    by = Person(allow_null=True)
    reason = Text()
    kind = serializers.ChoiceField(choices=PeriodKind.choices)
    drill = Bool()
    rehearsal = RehearsedOut(allow_null=True)
    hold = serializers.SerializerMethodField()
    fallback = serializers.SerializerMethodField()

    @extend_schema_field(HoldOut(allow_null=True))
    def get_hold(self, period: ServingPeriod) -> dict[str, Any] | None:
        """The hold is of now, so only the open period shows it."""
        state: ServingState = self.context["state"]
        return HoldOut(state).data if period.is_open and state.on_hold else None

    @extend_schema_field(ModelVersionName(allow_null=True))
    def get_fallback(self, period: ServingPeriod) -> dict[str, Any] | None:
        """What is switched to in an emergency now; only the open period shows it."""
        fallback = self.context["state"].fallback if period.is_open else None
        return ModelVersionName(fallback).data if fallback else None


class LineageJobOut(serializers.Serializer):
    id = Id()
    flow = Text()
    attempt = Whole()
    created_by = Person(allow_null=True)
    created_at = Moment()
    finished_at = Moment(allow_null=True)


class LineageRunOut(serializers.Serializer):
    id = Id()
    trainer = Text()
    scope = Text()
    training_args = serializers.JSONField()
    artifact_sha256 = Text()
    mlflow_run_id = TextOrNull()


class LineageDatasetOut(serializers.Serializer):
    id = Id()
    number = Whole()
    name = Text()
    sha256 = TextOrNull()
    sealed_by = Person(allow_null=True)
    sealed_at = Moment(allow_null=True)


class SamplesOut(serializers.Serializer):
    count = Whole(source="samples")
    held_out = Whole()
    by_decision = serializers.DictField(child=serializers.IntegerField())


class ReviewerOut(serializers.Serializer):
    username = Text()
    samples = Whole()


class PeopleOut(serializers.Serializer):
    """Who taught, sealed, submitted and put into service."""

    reviewers = ReviewerOut(many=True)
    sealed_by = Person(source="dataset_version.sealed_by", allow_null=True)
    submitted_by = Person(source="job.created_by", allow_null=True)
    selected_by = serializers.SerializerMethodField()

    def get_selected_by(self, lineage: Lineage) -> list[str]:
        return sorted({p.by.get_username() for p in lineage.periods if p.by})


class LineageOut(serializers.Serializer):
    """Needs the context of ModelVersionOut and of PeriodOut."""

    model_version = ModelVersionOut()
    run = LineageRunOut()
    job = LineageJobOut()
    dataset_version = LineageDatasetOut()
    samples = SamplesOut(source="*")
    people = PeopleOut(source="*")
    periods = PeriodOut(many=True)


class PredictionOut(serializers.Serializer):
    id = Id(allow_null=True)
    decision = Text()
    confidence = Number()
    rationale = Text()


class PredictionsOut(serializers.Serializer):
    model_version = ModelVersionName()
    predictions = PredictionOut(many=True)


class CheckOut(serializers.Serializer):
    key = Text()
    ok = Bool()
    severity = Text()
    message = Text()
    fix = Text()


class StatusOut(serializers.Serializer):
    """`ok`: no blocker fails."""

    ok = Bool()
    checks = CheckOut(many=True)

"""How cases, datasets, runs and jobs look in answers."""

from operator import attrgetter
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from preciso.api_fields import Bool, Id, Moment, Number, Person, Text, TextOrNull, Whole
from training.api.gate import GateOut
from training.choices import (
    CaseStatus,
    DatasetStatus,
    JobFlow,
    JobKind,
    JobStatus,
    NoAdviceReason,
    ReviewAction,
    RunStatus,
    TrainingScope,
)
from training.models import Case, DatasetVersion, PipelineJob
from training.reasons import reason_for
from training.services.datasets.figures import counts


class RecommenderOut(serializers.Serializer):
    """The model version that recommended."""

    id = Id()
    name = Text()
    version = Whole()


class RecommendationOut(serializers.Serializer):
    decision = Text()
    rationale = Text()
    confidence = Number(allow_null=True)
    model_version = RecommenderOut(allow_null=True)


class ReviewOut(serializers.Serializer):
    id = Id()
    action = serializers.ChoiceField(choices=ReviewAction.choices)
    decision = TextOrNull()
    rationale = Text()
    reasoning = Text()
    confidence = Number(allow_null=True)
    blind = Bool()
    by = Person()
    at = Moment()


class CaseOut(serializers.Serializer):
    """Needs a row of `training.api.cases.CASE_ROWS`, which bring reviews and samples,
    and in its context whether it `shows_protected`."""

    id = Id()
    external_id = Text()
    title = Text()
    facts = serializers.JSONField()
    protected = serializers.SerializerMethodField()
    evidence = serializers.JSONField()
    recommendation = serializers.SerializerMethodField()
    no_advice = serializers.ChoiceField(NoAdviceReason.choices, allow_blank=True)
    blind = Bool()
    status = serializers.ChoiceField(choices=CaseStatus.choices)
    decision = TextOrNull()
    review = serializers.SerializerMethodField()
    sample_id = serializers.SerializerMethodField()
    outcome = serializers.SerializerMethodField()
    created_at = Moment()
    updated_at = Moment()
    created_by = Person(allow_null=True)

    @extend_schema_field({"type": "object", "nullable": True})
    def get_protected(self, case: Case) -> dict[str, Any] | None:
        """Null for a caller without the right to see it (`training.read_protected`)."""
        return case.protected or {} if self.context["shows_protected"] else None

    @extend_schema_field(RecommendationOut(allow_null=True))
    def get_recommendation(self, case: Case) -> dict[str, Any] | None:
        if not case.has_recommendation:
            return None
        return {
            "decision": case.recommended_decision,
            "rationale": case.recommended_rationale,
            "confidence": case.recommended_confidence,
            "model_version": case.recommender,
        }

    @extend_schema_field(ReviewOut(allow_null=True))
    def get_review(self, case: Case) -> dict[str, Any] | None:
        """The newest one."""
        newest = max(case.reviews.all(), key=attrgetter("pk"), default=None)
        return ReviewOut(newest).data if newest else None

    def get_sample_id(self, case: Case) -> str | None:
        """The training example that its approval yielded, unless withdrawn."""
        live = [each.pk for each in case.samples.all() if each.withdrawn_at is None]
        return str(max(live)) if live else None

    @extend_schema_field(
        {
            "type": "object",
            "nullable": True,
            "properties": {
                "outcome": {"type": "string"},
                "at": {"type": "string", "format": "date-time"},
            },
        }
    )
    def get_outcome(self, case: Case) -> dict[str, Any] | None:
        """What really happened, as reported last."""
        newest = max(case.outcomes.all(), key=attrgetter("pk"), default=None)
        return OutcomeOut(newest).data if newest else None


class OutcomeOut(serializers.Serializer):
    outcome = Text()
    at = Moment()


class SampleOut(serializers.Serializer):
    id = Id()
    case_id = Id()
    external_id = Text(source="case.external_id")
    review_id = Id()
    instruction = Text()
    input = Text()
    output = Text()
    facts = serializers.JSONField()
    decision = Text()
    held_out = Bool()
    gate = GateOut(source="*")
    by = Person(source="review.by")
    created_at = Moment()
    withdrawn_at = Moment(allow_null=True)


class ComparedSampleOut(SampleOut):
    """A sample that one of two versions contains and the other does not."""

    change = serializers.ChoiceField(choices=["added", "withdrawn"])
    other_decision = Text(allow_null=True)


class CountsOut(serializers.Serializer):
    """What a version contains, in figures. `new`, `withdrawn`: since its parent."""

    samples = Whole()
    held_out = Whole()
    new = Whole()
    withdrawn = Whole()
    by_decision = serializers.DictField(child=serializers.IntegerField())
    by_reviewer = serializers.DictField(child=serializers.IntegerField())
    by_source = serializers.DictField(child=serializers.IntegerField())


class DeltaOut(serializers.Serializer):
    added = Whole()
    withdrawn = Whole()


class DatasetVersionOut(serializers.Serializer):
    """Needs a row of DatasetVersion.objects.for_table()."""

    id = Id()
    number = Whole()
    name = Text()
    status = serializers.ChoiceField(choices=DatasetStatus.choices)
    parent_id = Id(allow_null=True)
    sample_count = serializers.SerializerMethodField()
    counts = serializers.SerializerMethodField()
    delta = serializers.SerializerMethodField()
    sha256 = TextOrNull()
    created_at = Moment()
    sealed_at = Moment(allow_null=True)
    sealed_by = Person(allow_null=True)
    job_id = Id(source="sealing_job_id", allow_null=True)

    def to_representation(self, instance: DatasetVersion) -> dict[str, Any]:
        self._counts = counts(instance)
        return super().to_representation(instance)

    def get_sample_count(self, _version: DatasetVersion) -> int:
        """Fixed once sealed; until then, what it would contain if sealed now."""
        return int(self._counts["samples"])

    @extend_schema_field(CountsOut)
    def get_counts(self, _version: DatasetVersion) -> dict[str, Any]:
        return self._counts

    @extend_schema_field(DeltaOut)
    def get_delta(self, _version: DatasetVersion) -> dict[str, int]:
        """Since the parent."""
        return {"added": self._counts["new"], "withdrawn": self._counts["withdrawn"]}


class VersionNameOut(serializers.Serializer):
    """A dataset version by name, wherever one is mentioned."""

    id = Id()
    number = Whole()
    name = Text()


class TwoCountsOut(serializers.Serializer):
    version = CountsOut()
    other = CountsOut()


class ComparisonOut(serializers.Serializer):
    """How a version differs from another; the samples that differ, page by page."""

    version = VersionNameOut()
    other = VersionNameOut()
    added = Whole()
    withdrawn = Whole()
    changed = Whole()
    counts = TwoCountsOut()
    items = ComparedSampleOut(many=True)
    next = Text(allow_null=True)


class JobOut(serializers.Serializer):
    id = Id()
    kind = serializers.ChoiceField(choices=JobKind.choices)
    flow = serializers.ChoiceField(choices=JobFlow.choices)
    status = serializers.ChoiceField(choices=JobStatus.choices)
    attempt = Whole()
    max_attempts = Whole()
    reason = TextOrNull()
    reason_text = serializers.SerializerMethodField()
    next_step = serializers.SerializerMethodField()
    discarded_at = Moment(allow_null=True)
    progress = Number(allow_null=True)
    progress_note = Text()
    input = serializers.JSONField()
    output = serializers.JSONField()
    created_at = Moment()
    started_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True)
    cancel_requested_at = Moment(allow_null=True)
    created_by = Person(allow_null=True)

    def get_reason_text(self, job: PipelineJob) -> str | None:
        """The reason as a sentence in the language of the request."""
        return reason_text(job.reason)

    def get_next_step(self, job: PipelineJob) -> str | None:
        """What a person can do about the reason, in the language of the request."""
        if not job.reason:
            return None
        return str(reason_for(job.reason, job.status).next_step)


class JobEventOut(serializers.Serializer):
    id = Id()
    at = Moment()
    attempt = Whole()
    was = TextOrNull()
    became = TextOrNull()
    by = Text()
    actor = Person(allow_null=True)
    reason = TextOrNull()
    reason_text = serializers.SerializerMethodField()
    note = Text()

    def get_reason_text(self, event: Any) -> str | None:
        return reason_text(event.reason)


class RunOut(serializers.Serializer):
    id = Id()
    status = serializers.ChoiceField(choices=RunStatus.choices)
    job_id = Id()
    dataset_version_id = Id()
    model_name = Text()
    trainer = Text()
    scope = serializers.ChoiceField(choices=TrainingScope.choices)
    training_args = serializers.JSONField()
    local_model_path = Text()
    notes = Text()
    metrics = serializers.JSONField()
    artifacts = serializers.JSONField()
    artifact_sha256 = TextOrNull()
    mlflow_run_id = TextOrNull()
    model_version_id = Id(allow_null=True)
    reason = TextOrNull(source="job.reason")
    created_by = Person(source="job.created_by", allow_null=True)
    created_at = Moment(source="job.created_at")
    started_at = Moment(source="job.started_at", allow_null=True)
    finished_at = Moment(source="job.finished_at", allow_null=True)


def reason_text(code: str) -> str | None:
    """What the code of a job's end says to a person; None where there is no code."""
    return str(reason_for(code).sentence) if code else None

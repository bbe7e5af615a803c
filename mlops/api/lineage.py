"""From an answer back to the people it was learnt from, and from a review onwards."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from mlops.api.influence import SampleInfluenceOut
from mlops.api.models import lineage_context
from mlops.api.serializers import LineageOut, ModelVersionName
from mlops.models import ModelVersion, Prediction
from mlops.provenance.impact import review_influence
from mlops.provenance.origin import case_origin, origin, period_of, predictions_of
from preciso.api import ApiRequest, documented
from preciso.api_fields import (
    Bool,
    Id,
    Moment,
    Number,
    Person,
    Text,
    TextOrNull,
    Whole,
    row_or_404,
)
from preciso.api_views import APIView
from preciso.cursor_pagination import PAGED, NewestFirst
from training.choices import CaseStatus, ReviewAction
from training.models import Case, Review, Sample

MOST_PREDICTIONS = 50
LINEAGE_PERMS = [
    "training.view_case",
    "training.view_review",
    "training.view_sample",
    "training.view_datasetversion",
    "training.view_trainingrun",
    "training.view_pipelinejob",
    "mlops.view_modelversion",
    "mlops.view_servingperiod",
    "mlops.view_prediction",
]


class LearntSampleOut(serializers.Serializer):
    """A sample, and the review and person it came from."""

    id = Id()
    case_id = Id()
    external_id = Text(source="case.external_id")
    review_id = Id()
    decision = Text()
    by = Person(source="review.by")
    at = Moment(source="review.at")
    withdrawn_at = Moment(allow_null=True)


class LearntFromOut(serializers.Serializer):
    """Samples the version learnt from, newest first; `count` is of all pages."""

    count = Whole()
    items = LearntSampleOut(many=True)
    next = Text(allow_null=True)


class RecordedOut(serializers.Serializer):
    """A recorded answer. `by`: who asked."""

    id = Id()
    external_id = Text()
    decision = Text()
    confidence = Number()
    at = Moment()
    by = Person(allow_null=True)
    model_version = ModelVersionName()


class RecordsOut(serializers.Serializer):
    """The newest answers, 50 at most; `count` is of all."""

    count = Whole()
    items = RecordedOut(many=True)


class CaseNameOut(serializers.Serializer):
    id = Id()
    external_id = Text()


class PeriodNameOut(serializers.Serializer):
    """Until null: it serves now."""

    id = Id()
    since = Moment()
    until = Moment(allow_null=True)
    by = Person(allow_null=True)
    reason = Text()


class PredictionLineageOut(serializers.Serializer):
    """`case`: the one that was asked about, if it came in here too. `period` is null
    where the version was switched in that very moment."""

    prediction = RecordedOut()
    case = CaseNameOut(allow_null=True)
    period = PeriodNameOut(allow_null=True)
    lineage = LineageOut()
    learnt_from = LearntFromOut()


class RecommendedByOut(serializers.Serializer):
    """What was recommended; without a decision, nothing was. Without a version, it
    came with the case."""

    decision = TextOrNull(source="recommended_decision")
    confidence = Number(source="recommended_confidence", allow_null=True)
    model_version = ModelVersionName(source="recommender", allow_null=True)


class CaseLineageOut(serializers.Serializer):
    """Lineage and learnt_from are null where no version of ours recommended."""

    case = CaseNameOut()
    recommendation = RecommendedByOut(source="case")
    lineage = LineageOut(allow_null=True)
    learnt_from = LearntFromOut(allow_null=True)
    predictions = RecordsOut()


class OneReviewOut(serializers.Serializer):
    id = Id()
    case_id = Id()
    action = serializers.ChoiceField(choices=ReviewAction.choices)
    decision = TextOrNull()
    by = Person()
    at = Moment()


class RecommendedCaseOut(serializers.Serializer):
    id = Id()
    external_id = Text()
    status = serializers.ChoiceField(choices=CaseStatus.choices)
    recommended_decision = Text()
    decision = TextOrNull()
    model_version_id = Id(source="recommender_id")
    created_at = Moment()


class RecommendedOut(serializers.Serializer):
    """Cases, newest first; `count` is of all pages."""

    count = Whole()
    items = RecommendedCaseOut(many=True)
    next = Text(allow_null=True)


class ReviewInfluenceOut(serializers.Serializer):
    """`sample` is null where the review yielded none. `cases` carry the recommendation
    of a version that learnt from it; `predictions`: how many answers of such versions
    are recorded."""

    review = OneReviewOut()
    learnt = Bool()
    sample = SampleInfluenceOut(allow_null=True)
    cases = RecommendedOut()
    predictions = Whole()


class PredictionLineage(APIView):
    required_perms = {"GET": LINEAGE_PERMS}

    @documented(responses=PredictionLineageOut, parameters=PAGED)
    def get(self, request: ApiRequest, id: str) -> Response:
        """From a recorded answer to the version, its training and the people behind."""
        prediction = row_or_404(
            Prediction.objects.select_related("model_version", "by"), id
        )
        version = ModelVersion.objects.for_table().get(pk=prediction.model_version_id)
        version_origin = origin(version)
        answer = {
            "prediction": prediction,
            "case": Case.objects.filter(external_id=prediction.external_id).first(),
            "period": period_of(prediction),
            "lineage": version_origin.lineage,
            "learnt_from": _paged(version_origin.learnt_from, request),
        }
        return Response(PredictionLineageOut(answer, context=lineage_context()).data)


class CaseLineage(APIView):
    required_perms = {"GET": LINEAGE_PERMS}

    @documented(responses=CaseLineageOut, parameters=PAGED)
    def get(self, request: ApiRequest, id: str) -> Response:
        """From a case to the version that recommended, and to what that learnt from."""
        case = row_or_404(Case.objects.all(), id)
        version_origin = case_origin(case)
        predictions = predictions_of(case)
        # Without a version, wrong paging parameters are refused all the same.
        nothing = Sample.objects.none()
        samples = version_origin.learnt_from if version_origin else nothing
        learnt_from = _paged(samples, request)
        answer = {
            "case": case,
            "lineage": version_origin.lineage if version_origin else None,
            "learnt_from": learnt_from if version_origin else None,
            "predictions": {
                "count": predictions.count(),
                "items": predictions[:MOST_PREDICTIONS],
            },
        }
        return Response(CaseLineageOut(answer, context=lineage_context()).data)


class ReviewInfluenceView(APIView):
    required_perms = {"GET": LINEAGE_PERMS}

    @documented(responses=ReviewInfluenceOut, parameters=PAGED)
    def get(self, request: ApiRequest, id: str) -> Response:
        """From a review to every dataset, run, version, period and case it reached."""
        review = row_or_404(Review.objects.select_related("by", "case"), id)
        influence = review_influence(review)
        answer = {
            "review": review,
            "learnt": bool(influence.influence and influence.influence.is_learnt),
            "sample": influence.influence,
            "cases": _paged(influence.cases, request),
            "predictions": influence.predictions,
        }
        return Response(ReviewInfluenceOut(answer).data)


def _paged(queryset: Any, request: ApiRequest) -> dict[str, Any]:
    """One page of rows inside a larger answer."""
    pages = NewestFirst()
    items = pages.paginate_queryset(queryset, request)
    return {"count": queryset.count(), "items": items, "next": pages.next_cursor}

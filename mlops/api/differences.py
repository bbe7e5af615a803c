"""The cases that a version answered otherwise than the one that served then."""

from django.db.models import QuerySet
from rest_framework import serializers

from mlops.api.filters import DifferenceFilters
from mlops.models import DifferingAnswer, ModelVersion
from preciso.api_fields import (
    Bool,
    Id,
    Moment,
    Person,
    Text,
    TextOrNull,
    row_or_404,
)
from preciso.api_views import ListAPIView


class DifferenceOut(serializers.Serializer):
    """`decision`: what reviewers had decided, by which both were measured.

    `withdrawn_at`: when that was withdrawn, if it was; `decided_since`: what was
    decided on the case after that, null if nothing.
    """

    id = Id()
    sample_id = Id()
    case_id = Id(source="sample.case_id")
    external_id = Text(source="sample.case.external_id")
    decision = Text(source="sample.decision")
    by = Person(source="sample.review.by")
    candidate = Text()
    champion = Text()
    candidate_right = Bool(source="candidate_is_right")
    champion_right = Bool(source="champion_is_right")
    withdrawn_at = Moment(source="sample.withdrawn_at", allow_null=True)
    decided_since = TextOrNull()


class Differences(ListAPIView):
    """Held-out cases on which this version (the candidate) and the one that served when
    it was measured (the champion) differ; of very many, the newest 1,000."""

    required_perms = {
        "GET": ["mlops.view_modelversion", "training.view_sample", "training.view_case"]
    }
    serializer_class = DifferenceOut
    filterset_class = DifferenceFilters
    queryset = DifferingAnswer.objects.for_table()

    def get_queryset(self) -> QuerySet[DifferingAnswer]:
        version = row_or_404(ModelVersion.objects.all(), self.kwargs["id"])
        return DifferingAnswer.objects.for_table().filter(model_version=version)

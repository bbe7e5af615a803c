"""What a list of cases is narrowed to, over HTTP and on its page."""

import django_filters
from django.db.models import QuerySet

from preciso.filters import Filters, IdFilter, before, person, since
from training.choices import CaseStatus
from training.models import Case, Review
from training.models.cases import CaseQuerySet


class CaseFilters(Filters):
    status = django_filters.ChoiceFilter(choices=CaseStatus.choices)
    external_id = django_filters.CharFilter()
    q = django_filters.CharFilter(method="matching")
    decision = django_filters.CharFilter()
    created_by = person("created_by")
    reviewed_by = django_filters.CharFilter(method="with_a_review_by")
    recommender_id = IdFilter()
    updated_since = since("updated_at")
    updated_before = before("updated_at")
    created_since = since("created_at")
    created_before = before("created_at")

    def matching(self, rows: CaseQuerySet, _name: str, text: str) -> QuerySet[Case]:
        return rows.matching(text)

    def with_a_review_by(
        self, rows: CaseQuerySet, _name: str, who: str
    ) -> QuerySet[Case]:
        reviewed = Review.objects.filter(by__username=who).values("case")
        return rows.filter(pk__in=reviewed)

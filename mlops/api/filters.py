"""The filters of the registry's and serving's lists."""

import django_filters
from django.db.models import Q, QuerySet

from mlops.choices import PeriodKind, Problem
from mlops.models import DifferingAnswer, ModelVersion, ServingPeriod
from mlops.models.evaluation import DifferingAnswerQuerySet
from mlops.models.registry import ModelVersionQuerySet
from preciso.filters import Filters, FlagFilter, IdFilter, before, person, since

STATUSES = [("serving", "serving"), ("ready", "ready"), ("ineligible", "ineligible")]


class ModelFilters(Filters):
    name = django_filters.CharFilter()
    status = django_filters.ChoiceFilter(choices=STATUSES, method="in_status")
    eligible = FlagFilter(method="that_are_eligible")
    problem = django_filters.ChoiceFilter(choices=Problem.choices)
    run_id = IdFilter()
    dataset_version_id = IdFilter(field_name="run__dataset_version_id")
    created_by = person("run__job__created_by")
    created_since = since("created_at")
    created_before = before("created_at")

    def in_status(
        self, rows: ModelVersionQuerySet, _name: str, status: str
    ) -> QuerySet[ModelVersion]:
        serving = Q(
            pk__in=ServingPeriod.objects.open().with_version().values("model_version")
        )
        if status == "serving":
            return rows.filter(serving)
        others = rows.exclude(serving)
        return others.eligible() if status == "ready" else others.ineligible()

    def that_are_eligible(
        self, rows: ModelVersionQuerySet, _name: str, eligible: bool
    ) -> QuerySet[ModelVersion]:
        return rows.eligible() if eligible else rows.ineligible()


class PeriodFilters(Filters):
    kind = django_filters.ChoiceFilter(choices=PeriodKind.choices)
    by = person("by")
    model_version_id = IdFilter()
    name = django_filters.CharFilter(field_name="model_version__name")
    since = since("since")
    before = before("since")


class DifferenceFilters(Filters):
    candidate_right = FlagFilter(method="where_it_is_right")

    def where_it_is_right(
        self, rows: DifferingAnswerQuerySet, _name: str, right: bool
    ) -> QuerySet[DifferingAnswer]:
        return rows.candidate_right() if right else rows.candidate_wrong()

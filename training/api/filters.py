"""The filters of training's lists: each status, person, kind and time."""

import django_filters
from django.db.models import QuerySet

from preciso.filters import Filters, FlagFilter, IdFilter, before, person, since
from training.choices import (
    CaseStatus,
    DatasetStatus,
    JobFlow,
    JobKind,
    JobStatus,
    RunStatus,
    TrainerName,
    Trigger,
)
from training.models import Case, Review, TrainingRun
from training.models.cases import CaseQuerySet
from training.models.runs import TrainingRunQuerySet


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


class DatasetFilters(Filters):
    status = django_filters.ChoiceFilter(choices=DatasetStatus.choices)
    sealed_by = person("sealed_by")
    sealed_since = since("sealed_at")
    sealed_before = before("sealed_at")
    created_since = since("created_at")
    created_before = before("created_at")


class SampleFilters(Filters):
    case_id = IdFilter()
    external_id = django_filters.CharFilter(field_name="case__external_id")
    decision = django_filters.CharFilter()
    held_out = FlagFilter()
    by = person("reviewer")
    created_since = since("created_at")
    created_before = before("created_at")


class RunFilters(Filters):
    status = django_filters.ChoiceFilter(choices=RunStatus.choices, method="in_status")
    trainer = django_filters.ChoiceFilter(choices=TrainerName.choices)
    model_name = django_filters.CharFilter()
    dataset_version_id = IdFilter()
    flow = django_filters.ChoiceFilter(field_name="job__flow", choices=JobFlow.choices)
    created_by = person("job__created_by")
    created_since = since("job__created_at")
    created_before = before("job__created_at")

    def in_status(
        self, rows: TrainingRunQuerySet, _name: str, status: str
    ) -> QuerySet[TrainingRun]:
        return rows.in_status(status)


class DecisionFilters(Filters):
    trigger = django_filters.ChoiceFilter(choices=Trigger.choices)
    submitted = FlagFilter()
    case_id = IdFilter()
    job_id = IdFilter()
    since = since("at")
    before = before("at")


class JobFilters(Filters):
    status = django_filters.ChoiceFilter(choices=JobStatus.choices)
    kind = django_filters.ChoiceFilter(choices=JobKind.choices)
    flow = django_filters.ChoiceFilter(choices=JobFlow.choices)
    reason = django_filters.CharFilter()
    created_by = person("created_by")
    created_since = since("created_at")
    created_before = before("created_at")
    finished_since = since("finished_at")
    finished_before = before("finished_at")

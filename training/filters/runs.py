"""The filters of a list of training runs."""

import django_filters
from django.db.models import QuerySet

from preciso.filters import Filters, IdFilter, before, person, since
from preciso.trainers import trainer_choices
from training.choices import JobFlow, RunStatus
from training.models import TrainingRun
from training.models.runs import TrainingRunQuerySet


class RunFilters(Filters):
    status = django_filters.ChoiceFilter(choices=RunStatus.choices, method="in_status")
    trainer = django_filters.ChoiceFilter(choices=trainer_choices())
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

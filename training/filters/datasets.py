"""What lists of dataset versions and of their samples are narrowed to."""

import django_filters

from preciso.filters import Filters, FlagFilter, IdFilter, before, person, since
from training.choices import DatasetStatus


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

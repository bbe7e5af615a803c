"""The filters of the lists of dataset versions and of their samples."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from preciso.filters import Filters, FlagFilter, IdFilter, before, person, since
from training.choices import DatasetStatus, ReviewSource
from training.models import DatasetVersion, Sample
from training.models.datasets import SampleQuerySet


class DatasetFilters(Filters):
    status = django_filters.ChoiceFilter(choices=DatasetStatus.choices)
    sealed_by = person("sealed_by")
    sealed_since = since("sealed_at")
    sealed_before = before("sealed_at")
    created_since = since("created_at")
    created_before = before("created_at")


PARTS: dict[str, str | Promise] = {
    "new": _("New in it"),
    "learn": _("To learn from"),
    "held-out": _("Held out to measure with"),
    "withdrawn": _("Withdrawn since the dataset before"),
    "withdrawn-later": _("Learnt from, and withdrawn later"),
}
UNKNOWN = "unknown"  # of samples from before the way was recorded
SOURCES: list[tuple[str, str | Promise]] = [
    *ReviewSource.choices,
    (UNKNOWN, _("not recorded")),
]


class SampleFilters(Filters):
    """The samples of one dataset version."""

    # It stands first, because it chooses the samples that the other filters narrow.
    part = django_filters.ChoiceFilter(
        choices=list(PARTS.items()),
        method="in_part",
        help_text=_("A part of the dataset, or what was withdrawn from it."),
    )
    case_id = IdFilter()
    external_id = django_filters.CharFilter(field_name="case__external_id")
    decision = django_filters.CharFilter()
    held_out = FlagFilter()
    by = person("reviewer")
    source = django_filters.ChoiceFilter(choices=SOURCES, method="from_source")
    created_since = since("created_at")
    created_before = before("created_at")

    def __init__(self, *args: Any, version: DatasetVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version = version

    def in_part(
        self, _samples: SampleQuerySet, _name: str, part: str
    ) -> QuerySet[Sample]:
        contained = self.version.samples()
        samples = {
            "new": self.version.added(),
            "learn": contained.filter(held_out=False),
            "held-out": contained.filter(held_out=True),
            "withdrawn": self.version.withdrawn(),
            "withdrawn-later": contained.filter(held_out=False, in_until__isnull=False),
        }
        return samples[part].for_table()

    def from_source(
        self, samples: SampleQuerySet, _name: str, source: str
    ) -> QuerySet[Sample]:
        return samples.filter(source="" if source == UNKNOWN else source)

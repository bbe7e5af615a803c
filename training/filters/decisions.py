"""The filters of the system's own decisions to train."""

import django_filters
from django.utils.translation import gettext_lazy as _

from preciso.filters import Filters, FlagFilter, IdFilter, before, since
from training.choices import Trigger


class DecisionFilters(Filters):
    trigger = django_filters.ChoiceFilter(
        choices=Trigger.choices, empty_label=_("Anything")
    )
    submitted = FlagFilter()
    case_id = IdFilter()
    job_id = IdFilter()
    since = since("at")
    before = before("at")

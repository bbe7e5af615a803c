"""What the list of the system's own decisions to train is narrowed to."""

import django_filters

from preciso.filters import Filters, FlagFilter, IdFilter, before, since
from training.choices import Trigger


class DecisionFilters(Filters):
    trigger = django_filters.ChoiceFilter(choices=Trigger.choices)
    submitted = FlagFilter()
    case_id = IdFilter()
    job_id = IdFilter()
    since = since("at")
    before = before("at")

"""The form above the list of jobs."""

from django.utils.translation import gettext_lazy as _

from mlops.pages.shared.filter_fields import FilterFields, person_choices
from training.filters.jobs import JobFilters


def job_filter_fields(filters: JobFilters) -> FilterFields:
    """The fields of ``JobFilters`` that the form shows, with their labels."""
    labels = {
        "status": _("Status"),
        "kind": _("Kind"),
        "flow": _("Way"),
        "created_by": _("Asked for by"),
        "since": _("From"),
        "until": _("To"),
    }
    return FilterFields(filters, labels, {"created_by": person_choices()})

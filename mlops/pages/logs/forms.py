"""What the audit trail and the access log are narrowed to."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mlops.pages.shared import audit_trail
from mlops.pages.shared.filter_fields import FilterFields, person_choices
from training.filters.access_log import AccessFilters


def event_filter_fields(filters: audit_trail.EventFilters) -> FilterFields:
    """Whose deeds, of which kind, from when to when."""
    labels = {
        "person": _("Person"),
        "area": _("Kind"),
        "since": _("From"),
        "until": _("To"),
        "job": _("Job number"),
        "chain": _("Chain"),
    }
    return FilterFields(filters, labels, {}, hidden=["request"])


def access_filter_fields(filters: AccessFilters) -> FilterFields:
    """The person, the kind, the network address and the days of an entry."""
    labels = {
        "person": _("Person"),
        "kind": _("Kind"),
        "address": pgettext_lazy("network", "Address"),
        "since": _("From"),
        "until": _("To"),
    }
    return FilterFields(
        filters, labels, {"person": person_choices()}, hidden=["before"]
    )

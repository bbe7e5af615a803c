"""What the audit trail and the access log are narrowed to."""

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mlops.pages.logs import access_entries
from mlops.pages.shared import audit_trail
from mlops.pages.shared.filter_fields import FilterFields, person_choices
from preciso.filters import DayField
from training.choices import AccessKind


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


def _access_kinds() -> list[tuple[str, str | Promise]]:
    return [("", _("Everything")), *access_entries.GROUPS.items(), *AccessKind.choices]


class AccessLogFilter(forms.Form):
    """Who, what, from where, when."""

    person = forms.ChoiceField(
        label=_("Person"), required=False, choices=person_choices
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=_access_kinds)
    address = forms.GenericIPAddressField(
        label=pgettext_lazy("network", "Address"), required=False
    )
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("To"), required=False)

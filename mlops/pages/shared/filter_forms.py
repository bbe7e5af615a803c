"""What a list is narrowed to."""

from collections.abc import Mapping, Sequence

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mlops.pages.logs import access_entries
from mlops.pages.shared import audit_trail, case_lists
from mlops.pages.training.decisions import PromotionFilters
from preciso.filters import Filters
from training.choices import AccessKind
from training.filters.decisions import DecisionFilters
from training.filters.jobs import JobFilters

Choices = list[tuple[str, str | Promise]]
DAYS: Choices = [
    ("", _("At any time")),
    ("1", _("Today")),
    ("7", _("7 days")),
    ("30", _("30 days")),
]


class FilterFields:
    """The filters that a page offers, as fields with the words of the page."""

    def __init__(
        self,
        filters: Filters,
        labels: Mapping[str, str | Promise],
        choices: Mapping[str, Choices],
        hidden: Sequence[str] = (),
    ) -> None:
        """``choices`` are those of filters that take any text."""
        self.filters = filters
        self.hidden_fields = [filters.form[name] for name in hidden]
        for bound in self.hidden_fields:
            bound.field.widget = forms.HiddenInput()
        self.visible_fields = [
            self._field(name, label, choices.get(name, []))
            for name, label in labels.items()
        ]

    def _field(
        self, name: str, label: str | Promise, choices: Choices
    ) -> forms.BoundField:
        bound: forms.BoundField = self.filters.form[name]
        bound.label, bound.help_text = str(label), ""  # the help is the API's
        if choices:
            chosen = self.filters.form.data.get(name, "")
            known = {value for value, _words in choices}
            more = [] if chosen in known else [(chosen, chosen)]
            bound.field.widget = forms.Select(choices=[*choices, *more])
        return bound


def case_filter_fields(cases: case_lists.CaseList) -> FilterFields:
    """What the inbox is narrowed to. A choice is sent at once."""
    labels = {
        "recommended": _("Recommended"),
        "sure": _("Confidence of the model"),
        "second": _("Second opinion"),
        "decided_by": _("Decided by"),
        "came": _("Came in"),
        "decided": pgettext_lazy("when", "Decided"),
    }
    decisions = [(each, each) for each in case_lists.recommended_decisions()]
    choices: dict[str, Choices] = {
        "recommended": [("", _("Anything")), *decisions],
        "sure": [("", _("Any")), *case_lists.SURE.items()],
        "decided_by": [("", _("Anybody")), *case_lists.people()],
        "came": DAYS,
        "decided": DAYS,
    }
    fields = FilterFields(cases.filters, labels, choices)
    for bound in fields.visible_fields:
        bound.field.widget.attrs["data-submit"] = ""
    return fields


def decision_filter_fields(
    filters: DecisionFilters | PromotionFilters,
) -> FilterFields:
    """Which decisions of the system: what caused them, and what came of them."""
    labels = {
        "trigger": _("Caused by"),
        "submitted": _("Came of it"),
        "promoted": _("Came of it"),
    }
    done: Choices = [
        ("", _("Anything")),
        ("true", _("It did it")),
        ("false", _("It did not")),
    ]
    known = {name: label for name, label in labels.items() if name in filters.filters}
    return FilterFields(filters, known, {"submitted": done, "promoted": done})


def _person_choices() -> list[tuple[str, str | Promise]]:
    return [("", _("Everybody")), *audit_trail.people()]


def job_filter_fields(filters: JobFilters) -> FilterFields:
    """Which jobs, asked for by whom and when."""
    labels = {
        "status": _("Status"),
        "kind": _("Kind"),
        "flow": _("Way"),
        "created_by": _("Asked for by"),
        "since": _("From"),
        "until": _("To"),
    }
    return FilterFields(filters, labels, {"created_by": _person_choices()})


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
        label=_("Person"), required=False, choices=_person_choices
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=_access_kinds)
    address = forms.GenericIPAddressField(
        label=pgettext_lazy("network", "Address"), required=False
    )
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

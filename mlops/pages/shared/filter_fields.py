"""What a list is narrowed to: the filters a page offers, in its words."""

from collections.abc import Mapping, Sequence

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mlops.pages.shared import audit_trail
from preciso.filters import Filters

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


def person_choices() -> list[tuple[str, str | Promise]]:
    return [("", _("Everybody")), *audit_trail.people()]

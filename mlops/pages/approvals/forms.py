"""What reviewers type: a decision, an outcome, what the inbox is narrowed to."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mlops.pages.approvals.case_page import CONFIDENCE_CHOICES
from mlops.pages.shared import case_lists
from mlops.pages.shared.filter_fields import DAYS, Choices, FilterFields
from preciso import limits


class ReviewForm(forms.Form):
    """A reviewer's answer. No decision means: as recommended."""

    decision = forms.CharField(max_length=limits.LABEL, required=False, strip=True)
    other = forms.CharField(max_length=limits.LABEL, required=False, strip=True)
    rationale = forms.CharField(max_length=limits.TEXT, required=False)
    reasoning = forms.CharField(max_length=limits.TEXT, required=False)
    confidence = forms.ChoiceField(choices=CONFIDENCE_CHOICES, required=False)

    @property
    def chosen(self) -> str:
        """What was pressed, or what was typed beside the buttons."""
        data = self.cleaned_data
        return str(data["decision"] or data["other"])

    @property
    def confidence_value(self) -> float | None:
        text = self.cleaned_data["confidence"]
        return float(text) if text else None


class OutcomeForm(forms.Form):
    outcome = forms.CharField(
        label=_("What really happened"), max_length=limits.LABEL, strip=True
    )
    at = forms.DateTimeField(
        label=_("When"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: now."),
    )


def case_filter_fields(cases: case_lists.CaseListing) -> FilterFields:
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

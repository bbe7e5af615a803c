"""What is typed along with one act: a review, a reason, an outcome, a token."""

from django import forms
from django.utils.translation import gettext_lazy as _

from mlops.pages.approvals.case_page import SURENESS
from preciso import limits


class ReviewForm(forms.Form):
    """A reviewer's answer. No decision means: as recommended."""

    decision = forms.CharField(max_length=limits.LABEL, required=False, strip=True)
    other = forms.CharField(max_length=limits.LABEL, required=False, strip=True)
    rationale = forms.CharField(max_length=limits.TEXT, required=False)
    reasoning = forms.CharField(max_length=limits.TEXT, required=False)
    confidence = forms.ChoiceField(choices=SURENESS, required=False)

    @property
    def chosen(self) -> str:
        """What was pressed, or what was typed beside the buttons."""
        data = self.cleaned_data
        return str(data["decision"] or data["other"])

    @property
    def confidence_value(self) -> float | None:
        text = self.cleaned_data["confidence"]
        return float(text) if text else None


class ReasonForm(forms.Form):
    """A reason somebody gives, and what they believe serves now."""

    reason = forms.CharField(max_length=limits.TEXT, required=False)
    expected_current = forms.CharField(max_length=30, required=False)


class PutRightForm(forms.Form):
    """When a serving period really began, and what was wrong."""

    reason = forms.CharField(label=_("What was wrong"), max_length=1000, strip=True)
    began = forms.DateTimeField(
        label=_("When it really began"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}),
        help_text=_("Empty: now."),
    )


class FreezeForm(forms.Form):
    """When nothing new is selected. Times are in the time zone of the page."""

    name = forms.CharField(label=_("What for"), max_length=limits.NAME, strip=True)
    starts_at = forms.DateTimeField(
        label=_("From"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text=_("Empty: from now on."),
    )
    ends_at = forms.DateTimeField(
        label=_("Until"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )


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

"""What is typed to plan a freeze."""

from django import forms
from django.utils.translation import gettext_lazy as _

from preciso import limits


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

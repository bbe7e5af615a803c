"""What is typed to put a wrong time right."""

from django import forms
from django.utils.translation import gettext_lazy as _

from preciso import limits


class PutRightForm(forms.Form):
    """When a serving period really began, and what was wrong."""

    reason = forms.CharField(
        label=_("What was wrong"), max_length=limits.CORRECTION, strip=True
    )
    began = forms.DateTimeField(
        label=_("When it really began"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}),
        help_text=_("Empty: now."),
    )

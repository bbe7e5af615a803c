"""A reason that somebody gives along with an act."""

from django import forms

from preciso import limits


class ReasonForm(forms.Form):
    """A reason somebody gives, and what they believe serves now."""

    reason = forms.CharField(max_length=limits.TEXT, required=False)
    expected_current = forms.CharField(max_length=30, required=False)

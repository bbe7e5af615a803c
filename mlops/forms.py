"""What people type. Forms read and check; services decide."""

from django import forms
from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mlops.selectors import logs
from mlops.selectors.cases import SURENESS
from training.models import TrainingPolicy


class ReviewForm(forms.Form):
    """A reviewer's answer. No decision means: as recommended."""

    decision = forms.CharField(max_length=200, required=False, strip=True)
    other = forms.CharField(max_length=200, required=False, strip=True)
    rationale = forms.CharField(max_length=4000, required=False)
    reasoning = forms.CharField(max_length=4000, required=False)
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

    reason = forms.CharField(max_length=1000, required=False)
    expected_current = forms.CharField(max_length=30, required=False)


class OutcomeForm(forms.Form):
    outcome = forms.CharField(
        label=_("What really happened"), max_length=200, strip=True
    )
    at = forms.DateTimeField(
        label=_("When"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: now."),
    )


class PolicyForm(forms.ModelForm):
    """The thresholds of the gate and the rules of Auto."""

    class Meta:
        model = TrainingPolicy
        fields = (
            "min_new_samples",
            "cooldown_minutes",
            "runs_per_day",
            "min_confidence",
            "min_evidence",
            "max_output_chars",
            "bulk_counts_for_auto",
        )
        widgets = {"min_confidence": forms.NumberInput(attrs={"step": "0.05"})}


class TokenForm(forms.Form):
    """Who the token signs in as, for how long, and with which rights."""

    name = forms.CharField(label=_("What it is for"), max_length=100)
    user = forms.ModelChoiceField(
        label=_("Signs in as"), queryset=User.objects.filter(is_active=True)
    )
    days = forms.IntegerField(
        label=_("Valid for days"),
        min_value=1,
        max_value=3650,
        required=False,
        initial=90,
        help_text=_("Empty: until it is revoked."),
    )
    scope = forms.ChoiceField(
        label=_("May do"),
        choices=[
            ("", _("everything this person may")),
            ("read", _("only read")),
            ("predict", _("only ask for predictions")),
            ("add_case", _("only post cases")),
        ],
        required=False,
    )


def _person_choices() -> list[tuple[str, str | Promise]]:
    return [("", _("Everybody")), *logs.people()]


def _area_choices() -> list[tuple[str, str | Promise]]:
    return [("", _("Everything")), *logs.areas()]


class LogFilter(forms.Form):
    """Whose deeds, of which kind, from when to when."""

    person = forms.ChoiceField(
        label=_("Person"), required=False, choices=_person_choices
    )
    area = forms.ChoiceField(label=_("Kind"), required=False, choices=_area_choices)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    chain = forms.ChoiceField(
        label=_("Chain"),
        required=False,
        choices=[("", _("All")), ("yes", _("Chained")), ("no", _("Not chained yet"))],
    )

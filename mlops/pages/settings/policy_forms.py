"""The policy, in groups with plain words, and what it would have done."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from mlops.pages.settings.rule_groups import BY_WAY, Words
from mlops.pages.shared.schedule_form import LARGEST, checked_schedule
from training.models import TrainingPolicy
from training.services.policy.policies import POLICY_FIELDS

YEAR = 366 * 24 * 60  # minutes
PAUSES = ("undo_window_minutes", "cooldown_minutes")
MOST_EVIDENCE = 200  # a case holds no more
EVIDENCE: dict[str, Any] = {
    "required": False,
    "min_value": 0,
    "max_value": MOST_EVIDENCE,
    "help_text": _("Empty: as many as stated for all."),
}
HELP: dict[str, Words] = {  # where the model says nothing, or not to whom it concerns
    "min_evidence": _("Documents or pages that come with a case."),
    "max_output_chars": _("A longer answer is not learnt."),
    "min_new_samples": _("Approved since the last training, and settled."),
    "runs_per_day": _("Auto stops for the day after so many."),
    "training_scope": _(
        "Only what is new trains faster, and forgets what came before."
    ),
    "bulk_counts_for_auto": _("Otherwise Auto does not start because of them."),
    "batch_schedule": _(
        "Five fields: minute, hour, day of month, month, day of week; 0 2 * * 1 is "
        "Mondays at 02:00. Empty: no schedule."
    ),
    "batch_min_new_samples": _("With fewer, a date passes without a training."),
    "price_per_minute": _("Shown before each training. 0: no price is shown."),
    "promote_enabled": _("Otherwise a person selects what serves."),
    "promote_min_cases": _("With fewer, nothing takes over by itself."),
    "agreement_alert_min_cases": _("With fewer, there is no alert yet."),
}


class PercentField(forms.FloatField):
    """Typed and shown in percent, kept as a share of one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=100, step_size=None, **options)

    def prepare_value(self, value: Any) -> Any:
        return f"{value * 100:g}" if isinstance(value, float) else value

    def clean(self, value: Any) -> float | None:
        number = super().clean(value)
        return None if number is None else round(number / 100, 6)


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class PolicyForm(forms.ModelForm):
    """What is learnt from, when the system trains, what it may cost, who takes over."""

    min_confidence = PercentField(
        label=_("Reviewer's confidence needed, %"),
        help_text=_("Below it, a second reviewer decides."),
    )
    min_numbers_found = PercentField(
        label=_("Numbers of the answer found in the facts, %"),
        help_text=_("With less, the answer is not learnt."),
    )
    promote_max_drop = PercentField(
        label=_("Most that one decision may get worse, %"),
        help_text=_("The share of its cases that is recognized may fall by this much."),
    )
    blind_share = PercentField(
        label=_("Cases shown without the recommendation, %"),
        help_text=_(
            "On them you see how often people come to the same decision by "
            "themselves. 0: every recommendation is shown. 100: the reviewer's own "
            "opinion always comes first, whoever recommended. For cases that come in "
            "from then on."
        ),
    )
    agreement_alert_below = PercentField(
        label=_("Alert when reviewers agree with less than, %"),
        required=False,
        help_text=_("Of the decided cases of what serves. Empty: no alert."),
    )
    conflict_share = PercentField(
        label=_(
            "Who approved more than this share of what is new does not select alone, %"
        ),
        required=False,
        help_text=_(
            "Whoever started the training does not either. New is what the version "
            "learnt from and the serving one did not. Empty: no such rule."
        ),
    )
    evidence_page = forms.IntegerField(
        label=_("Evidence needed on the approvals page"), **EVIDENCE
    )
    evidence_bulk = forms.IntegerField(
        label=_("Evidence needed for a bulk approval"), **EVIDENCE
    )
    evidence_api = forms.IntegerField(
        label=_("Evidence needed through the API"), **EVIDENCE
    )

    class Meta:
        model = TrainingPolicy
        fields = tuple(
            name
            for name in POLICY_FIELDS
            if name not in ("auto_enabled", "min_evidence_by_source")
        )
        help_texts: ClassVar = HELP
        widgets: ClassVar = {
            "allowed_from": _clock(),
            "allowed_until": _clock(),
            "promote_margin": forms.NumberInput(attrs={"step": "any"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for way, name in BY_WAY.items():
            self.initial.setdefault(name, self.instance.min_evidence_by_source.get(way))
        for name, field in self.fields.items():
            if isinstance(field, forms.IntegerField) and field.max_value is None:
                field.max_value = YEAR if name in PAUSES else LARGEST
                field.validators.append(MaxValueValidator(field.max_value))
                field.widget.attrs["max"] = field.max_value
        price = self.fields["price_per_minute"]
        price.label = _("Price of a training minute, %(currency)s") % {
            "currency": settings.BUDGET_CURRENCY
        }

    def clean_batch_schedule(self) -> str:
        return checked_schedule(self.cleaned_data["batch_schedule"])

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        begin, end = typed.get("allowed_from"), typed.get("allowed_until")
        one_alone = (begin is None) != (end is None)
        if one_alone or (begin is not None and begin == end):
            self.add_error(
                "allowed_until", _("State both hours, and different ones, or none.")
            )
        return typed

    def changes_to(self, policy: TrainingPolicy) -> dict[str, Any]:
        """What was typed, as fields of the policy, where it says something else."""
        names = [name for name in self._meta.fields or () if name in self.fields]
        typed = {name: self.cleaned_data[name] for name in names}
        typed["min_evidence_by_source"] = self._evidence()
        return {k: v for k, v in typed.items() if v != getattr(policy, k)}

    def _evidence(self) -> dict[str, int]:
        """The ways of review that have a field, beside those that have none."""
        ways = {way: name for way, name in BY_WAY.items() if name in self.fields}
        stored = self.instance.min_evidence_by_source.items()
        others = {way: number for way, number in stored if way not in ways}
        stated = {way: self.cleaned_data[name] for way, name in ways.items()}
        return others | {k: v for k, v in stated.items() if v is not None}


class SimulationForm(forms.Form):
    days = forms.TypedChoiceField(
        label=_("Days back"),
        coerce=int,
        initial=30,
        choices=[
            (7, _("7 days")),
            (30, _("30 days")),
            (90, _("90 days")),
            (365, _("a year")),
        ],
    )

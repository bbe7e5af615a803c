"""The schedule of Batch, chosen or typed."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from preciso import limits
from training.errors import InvalidInput
from training.models import TrainingPolicy
from training.schedules import check_schedule

LARGEST = 2_147_483_647  # what the column of every database holds


def checked_schedule(text: str) -> str:
    """The expression, tidied. Raises ValidationError with one sentence."""
    try:
        return check_schedule(text)
    except InvalidInput as refusal:
        raise forms.ValidationError(str(refusal)) from refusal


class ScheduleForm(forms.Form):
    """When Batch trains by itself: a usual choice, or a cron expression."""

    OWN = "own"
    USUAL: ClassVar = [
        ("", _("No schedule")),
        ("0 2 * * *", _("Every night at 02:00")),
        ("0 2 * * 1", _("Mondays at 02:00")),
        ("0 2 1 * *", _("On the first of each month at 02:00")),
    ]
    usual = forms.ChoiceField(
        label=_("When"),
        required=False,
        choices=[*USUAL, (OWN, _("Other: as the expression says"))],
    )
    expression = forms.CharField(
        label=_("Cron expression"),
        max_length=limits.SCHEDULE,
        required=False,
        help_text=_("For “Other”: minute, hour, day of month, month, day of week."),
    )
    batch_min_new_samples = forms.IntegerField(
        label=_("New samples needed"),
        min_value=1,
        max_value=LARGEST,
        help_text=_(
            "With fewer since the last training, nothing is trained on that date."
        ),
    )

    @classmethod
    def of(cls, policy: TrainingPolicy, typed: Any = None) -> "ScheduleForm":
        """As it is now, or what was ``typed`` to change it."""
        set_to = policy.batch_schedule
        known = set_to in dict(cls.USUAL)
        return cls(
            typed,
            initial={
                "usual": set_to if known else cls.OWN,
                "expression": "" if known else set_to,
                "batch_min_new_samples": policy.batch_min_new_samples,
            },
        )

    def clean_expression(self) -> str:
        """The schedule that was chosen or typed."""
        usual = self.cleaned_data.get("usual") or ""
        text = self.cleaned_data["expression"]
        if usual != self.OWN and not self._is_typed_beside(usual, text):
            return usual
        typed = checked_schedule(text)
        if not typed:
            raise forms.ValidationError(_("State when, or choose “No schedule”."))
        return typed

    def _is_typed_beside(self, usual: str, text: str) -> bool:
        """A new expression, with "When" left alone or at no schedule: it is meant.

        Otherwise it would be thrown away, and a schedule perhaps with it.
        """
        is_left = usual in ("", self.initial.get("usual", ""))
        return is_left and text not in ("", self.initial.get("expression", ""))

"""Who may not decide alone: the four-eyes rules of the policy, each off at first."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

SHARE = [MinValueValidator(0.0), MaxValueValidator(1.0)]
AN_HOUR = [MinValueValidator(1), MaxValueValidator(3600)]  # seconds


class FourEyesPolicy(models.Model):
    """Which people the same step must not leave to one person. Triggers read it too."""

    bars_own_cases = models.BooleanField(
        _("Who brought in or corrected a case does not approve it"),
        default=False,
        db_default=False,
        help_text=_("Somebody else does; sending back and rejecting stay possible."),
    )
    conflict_share = models.FloatField(
        _("Who approved more than this share of what is new does not select alone"),
        null=True,
        blank=True,
        validators=SHARE,
        help_text=_(
            "Whoever started the training does not either. New is what the version "
            "learnt from and the serving one did not. Empty: no such rule."
        ),
    )
    two_people_select = models.BooleanField(
        _("Two people select a version"),
        default=False,
        db_default=False,
        help_text=_(
            "One asks, another confirms. Nothing takes over by itself then; rolling "
            "back never waits."
        ),
    )
    short_review_seconds = models.PositiveIntegerField(
        _("A review is short under, seconds"),
        default=10,
        db_default=10,
        validators=AN_HOUR,
        help_text=_("Read actively on the page. The share is shown beside agreement."),
    )

    class Meta:
        abstract = True

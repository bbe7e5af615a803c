"""The policy: what the gate asks, when the system trains and promotes by itself."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from preciso.clock import DatabaseNow
from training.choices import TrainingScope
from training.errors import InvalidInput
from training.gate import validate_min_evidence_by_source
from training.models.four_eyes_policy import SHARE, FourEyesPolicy

AT_LEAST_ONE = [MinValueValidator(1)]
A_YEAR = [MaxValueValidator(366 * 24 * 60)]  # minutes


class GatePolicy(models.Model):
    """What the quality gate asks of a sample."""

    min_confidence = models.FloatField(
        _("Reviewer's confidence needed"),
        default=0.70,
        validators=SHARE,
        help_text=_("Below it, a second reviewer decides."),
    )
    min_evidence = models.PositiveIntegerField(
        _("Pieces of evidence needed"), default=0
    )
    min_evidence_by_source = models.JSONField(
        _("Pieces of evidence needed, by way of review"),
        default=dict,
        blank=True,
        help_text=_("Where another number holds: the way of review, and the number."),
    )
    min_numbers_found = models.FloatField(
        _("Share of the answer's numbers found in the facts"),
        default=0.60,
        validators=SHARE,
    )
    max_output_chars = models.PositiveIntegerField(
        _("Longest answer to learn, characters"), default=8000
    )
    max_contradictions = models.PositiveIntegerField(
        _("Other decisions on the same facts allowed"),
        default=0,
        null=True,
        blank=True,
        help_text=_("With more, a second reviewer decides. Empty: any number."),
    )
    max_duplicates = models.PositiveIntegerField(
        _("Equal samples allowed"),
        null=True,
        blank=True,
        help_text=_(
            "With more of the same facts and decision, another one is not learnt. "
            "Empty: any number."
        ),
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        try:
            validate_min_evidence_by_source(self.min_evidence_by_source)
        except InvalidInput as refusal:
            raise ValidationError({"min_evidence_by_source": str(refusal)}) from refusal


class AutoTrainingPolicy(models.Model):
    """When Auto trains, and when the schedule of Batch does."""

    auto_enabled = models.BooleanField(
        _("Auto is switched on"),
        null=True,
        blank=True,
        help_text=_("Empty: as the environment says (AUTO_TRAIN_ON_APPROVAL)."),
    )
    min_new_samples = models.PositiveIntegerField(
        _("New samples needed"),
        default=50,
        validators=AT_LEAST_ONE,
        help_text=_(
            "Auto waits until this many samples are new since the last training."
        ),
    )
    undo_window_minutes = models.PositiveIntegerField(
        _("Minutes to take an approval back"),
        default=10,
        validators=A_YEAR,
        help_text=_("Auto learns from an approval only after this long."),
    )
    cooldown_minutes = models.PositiveIntegerField(
        _("Minutes between trainings"),
        default=60,
        validators=A_YEAR,
        help_text=_("Auto waits this long after the last training was submitted."),
    )
    runs_per_day = models.PositiveIntegerField(
        _("Automatic trainings per day"), default=10, validators=AT_LEAST_ONE
    )
    minutes_per_day = models.PositiveIntegerField(
        _("Minutes Auto may train per day"),
        null=True,
        blank=True,
        help_text=_("Empty: any number."),
    )
    allowed_from = models.TimeField(
        _("Auto trains from"),
        null=True,
        blank=True,
        help_text=_("In the company's time zone. Empty: at any hour."),
    )
    allowed_until = models.TimeField(
        _("Auto trains until"),
        null=True,
        blank=True,
        help_text=_("May be earlier than the start: then it goes on past midnight."),
    )
    bulk_counts_for_auto = models.BooleanField(
        _("Bulk approvals count for Auto"), default=False
    )
    trains_while_on_hold = models.BooleanField(
        _("Auto trains while promotion is on hold"),
        default=False,
        help_text=_("A rollback puts promotion on hold until a person lifts it."),
    )
    training_scope = models.CharField(
        _("Auto and the schedule learn from"),
        max_length=10,
        choices=TrainingScope,
        default=TrainingScope.ALL,
    )
    batch_schedule = models.CharField(
        _("Schedule of Batch"),
        max_length=100,
        blank=True,
        default="",
        help_text=_("A cron expression such as 0 2 * * 1. Empty: no schedule."),
    )
    batch_schedule_since = models.DateTimeField(null=True, blank=True, editable=False)
    batch_min_new_samples = models.PositiveIntegerField(
        _("New samples the schedule needs"), default=1, validators=AT_LEAST_ONE
    )

    class Meta:
        abstract = True


class BudgetPolicy(models.Model):
    """What training may cost."""

    budget_minutes_per_day = models.PositiveIntegerField(
        _("Training minutes per day"),
        null=True,
        blank=True,
        help_text=_("Of everybody together. Empty: any number."),
    )
    budget_minutes_per_month = models.PositiveIntegerField(
        _("Training minutes per month"),
        null=True,
        blank=True,
        help_text=_("Of everybody together. Empty: any number."),
    )
    price_per_minute = models.DecimalField(
        _("Price of a training minute"),
        max_digits=12,
        decimal_places=4,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
    )

    class Meta:
        abstract = True


class PromotionPolicy(models.Model):
    """When a new version may take over by itself."""

    promote_enabled = models.BooleanField(
        _("Better versions take over by themselves"), default=False
    )
    promote_margin = models.FloatField(
        _("Log loss must fall by at least"),
        default=0.0,
        validators=[MinValueValidator(0.0)],
        help_text=_(
            "On the same held-out cases; the whole confidence interval must lie "
            "beyond it."
        ),
    )
    promote_min_cases = models.PositiveIntegerField(
        _("Held-out cases needed"), default=100, validators=AT_LEAST_ONE
    )
    promote_max_drop = models.FloatField(
        _("Most that one decision may get worse"),
        default=0.05,
        validators=SHARE,
        help_text=_("The share of its cases that is recognized may fall by this much."),
    )
    rehearsal_required = models.BooleanField(
        _("A person selects a version only after a rehearsal"),
        default=False,
        db_default=False,
        help_text=_("Of the last 24 hours. Rolling back never waits for one."),
    )

    class Meta:
        abstract = True


class ProductionPolicy(models.Model):
    """How closely people watch the model that serves."""

    blind_share = models.FloatField(
        _("Cases shown without the recommendation"),
        default=0.05,
        validators=SHARE,
        help_text=_(
            "On them you see how often people come to the same decision by "
            "themselves. 0: every recommendation is shown."
        ),
    )
    agreement_alert_below = models.FloatField(
        _("Alert when reviewers agree with less than"),
        null=True,
        blank=True,
        validators=SHARE,
        help_text=_("Of the decided cases of what serves. Empty: no alert."),
    )
    agreement_alert_min_cases = models.PositiveIntegerField(
        _("Decided cases needed for an alert"), default=50, validators=AT_LEAST_ONE
    )

    class Meta:
        abstract = True


class TrainingPolicy(
    GatePolicy,
    AutoTrainingPolicy,
    BudgetPolicy,
    PromotionPolicy,
    ProductionPolicy,
    FourEyesPolicy,
):
    """One row: the thresholds of the gate, the rules of Auto, the budget."""

    updated_at = models.DateTimeField(db_default=DatabaseNow())

    class Meta:
        verbose_name = _("training policy")
        verbose_name_plural = _("training policy")
        constraints = [
            models.CheckConstraint(name="trainingpolicy_one_row", condition=Q(pk=1)),
            models.CheckConstraint(
                name="trainingpolicy_confidence_is_a_probability",
                condition=Q(min_confidence__gte=0, min_confidence__lte=1),
            ),
            models.CheckConstraint(
                name="trainingpolicy_numbers_found_is_a_share",
                condition=Q(min_numbers_found__gte=0, min_numbers_found__lte=1),
            ),
            models.CheckConstraint(
                name="trainingpolicy_blind_share_is_a_share",
                condition=Q(blind_share__gte=0, blind_share__lte=1),
            ),
            models.CheckConstraint(
                name="trainingpolicy_conflict_share_is_a_share",
                condition=Q(conflict_share=None)
                | Q(conflict_share__gte=0, conflict_share__lte=1),
            ),
            models.CheckConstraint(
                name="trainingpolicy_both_hours_or_none",
                condition=Q(allowed_from=None, allowed_until=None)
                | Q(allowed_from__isnull=False, allowed_until__isnull=False)
                & ~Q(allowed_from=F("allowed_until")),
                violation_error_message=_(
                    "State both hours, and different ones, or none."
                ),
            ),
            models.CheckConstraint(
                name="trainingpolicy_schedule_has_a_beginning",
                condition=Q(batch_schedule="", batch_schedule_since=None)
                | ~Q(batch_schedule="") & Q(batch_schedule_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(_("Training policy"))

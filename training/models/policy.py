"""When Auto trains, what the gate asks of a sample, and what was decided."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from training.models.jobs import PipelineJob


class TrainingPolicy(models.Model):
    """One row: the thresholds of the gate and the rules of Auto."""

    auto_enabled = models.BooleanField(
        _("Auto is switched on"),
        null=True,
        blank=True,
        help_text=_("Empty: as the environment says (AUTO_TRAIN_ON_APPROVAL)."),
    )
    min_new_samples = models.PositiveIntegerField(
        _("New samples needed"),
        default=50,
        validators=[MinValueValidator(1)],
        help_text=_("Auto waits until this many samples are new since the last seal."),
    )
    cooldown_minutes = models.PositiveIntegerField(
        _("Minutes between trainings"),
        default=60,
        help_text=_("Auto waits this long after the last training was submitted."),
    )
    runs_per_day = models.PositiveIntegerField(
        _("Automatic trainings per day"), default=10, validators=[MinValueValidator(1)]
    )
    min_confidence = models.FloatField(
        _("Reviewer's confidence needed"),
        default=0.70,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text=_("Below it, a second reviewer decides."),
    )
    min_evidence = models.PositiveIntegerField(
        _("Pieces of evidence needed"), default=0
    )
    max_output_chars = models.PositiveIntegerField(
        _("Longest answer to learn, characters"), default=8000
    )
    bulk_counts_for_auto = models.BooleanField(
        _("Bulk approvals count for Auto"), default=False
    )
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("training policy")
        verbose_name_plural = _("training policy")
        constraints = [
            models.CheckConstraint(name="trainingpolicy_one_row", condition=Q(pk=1)),
            models.CheckConstraint(
                name="trainingpolicy_confidence_is_a_probability",
                condition=Q(min_confidence__gte=0, min_confidence__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return str(_("Training policy"))


class AutoDecision(models.Model):
    """Why Auto trained, or did not: every rule with value, limit and verdict."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    submitted = models.BooleanField()
    rules = models.JSONField()
    case = models.ForeignKey(
        "training.Case", on_delete=models.PROTECT, null=True, blank=True
    )
    job = models.OneToOneField(
        PipelineJob, on_delete=models.PROTECT, null=True, blank=True
    )

    class Meta:
        verbose_name = _("Auto decision")
        verbose_name_plural = _("Auto decisions")
        constraints = [
            models.CheckConstraint(
                name="autodecision_job_iff_submitted",
                condition=Q(submitted=True, job__isnull=False)
                | Q(submitted=False, job=None),
            )
        ]

    def __str__(self) -> str:
        return str(_("Auto trained") if self.submitted else _("Auto did not train"))

"""What the system decided by itself, and what training cost."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from preciso.clock import DatabaseNow
from training.choices import Trigger
from training.models.jobs import PipelineJob


class AutoDecision(models.Model):
    """Why the system trained by itself, or did not: every rule, value and limit.

    Append-only. ``due_at`` is the date of the schedule that was met; of several that
    were missed, the last one.
    """

    at = models.DateTimeField(db_default=DatabaseNow(), db_index=True)
    trigger = models.CharField(
        max_length=12,
        choices=Trigger,
        default=Trigger.APPROVAL,
        db_default=Trigger.APPROVAL,
    )
    due_at = models.DateTimeField(null=True, blank=True)
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
        indexes = [
            models.Index(fields=["submitted", "-id"], name="autodecision_outcome"),
            models.Index(fields=["trigger", "-id"], name="autodecision_cause"),
        ]
        constraints = [
            models.CheckConstraint(
                name="autodecision_job_iff_submitted",
                condition=Q(submitted=True, job__isnull=False)
                | Q(submitted=False, job=None),
            ),
            models.CheckConstraint(
                name="autodecision_due_iff_scheduled",
                condition=Q(trigger=Trigger.SCHEDULE, due_at__isnull=False)
                | ~Q(trigger=Trigger.SCHEDULE) & Q(due_at=None),
            ),
            models.UniqueConstraint(
                name="autodecision_one_per_due_date",
                fields=["due_at"],
                condition=Q(trigger=Trigger.SCHEDULE),
            ),
        ]

    def __str__(self) -> str:
        return str(_("Trained") if self.submitted else _("Did not train"))


class BudgetEntry(models.Model):
    """What one training may cost, and once it has ended, what it did cost.

    ``minutes`` counts against the budget of ``charged_on`` (a day of the company's
    time zone): what was reserved, until the job has ended; what it took, from then on.
    """

    job = models.OneToOneField(
        PipelineJob, on_delete=models.PROTECT, related_name="budget_entry"
    )
    charged_on = models.DateField(db_index=True)
    reserved_minutes = models.FloatField()
    minutes = models.FloatField()
    price_per_minute = models.DecimalField(
        max_digits=12, decimal_places=4, default=Decimal(0)
    )
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("budget entry")
        verbose_name_plural = _("budget entries")
        constraints = [
            models.CheckConstraint(
                name="budgetentry_minutes_are_not_negative",
                condition=Q(minutes__gte=0, reserved_minutes__gte=0),
            )
        ]

    def __str__(self) -> str:
        return f"{self.job}: {self.minutes:.1f} min"

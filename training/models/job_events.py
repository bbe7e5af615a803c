"""The history of jobs: their moves, and what was worth a warning."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from preciso.clock import DatabaseNow
from training.choices import JobRole, JobStatus, JobWarning
from training.models.jobs import PipelineJob


class JobEvent(models.Model):
    """One move of a job, or one warning about it. Triggers refuse changes."""

    job = models.ForeignKey(
        PipelineJob, on_delete=models.CASCADE, related_name="events"
    )
    at = models.DateTimeField(db_default=DatabaseNow())
    attempt = models.PositiveIntegerField()
    was = models.CharField(max_length=12, choices=JobStatus, blank=True, default="")
    became = models.CharField(max_length=12, choices=JobStatus, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    by = models.CharField(
        max_length=120, help_text=_("Role and worker in one text, for the API.")
    )
    role = models.CharField(
        max_length=10, choices=JobRole, blank=True, default="", db_default=""
    )
    worker = models.CharField(max_length=120, blank=True, default="", db_default="")
    reason = models.CharField(max_length=40, blank=True, default="")
    note = models.TextField(
        blank=True, default="", help_text=_("The warning in words, for the API.")
    )
    warning = models.CharField(
        max_length=20, choices=JobWarning, blank=True, default="", db_default=""
    )

    class Meta:
        verbose_name = _("job event")
        verbose_name_plural = _("job events")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="jobevent_role_is_known",
                condition=Q(role__in=["", *JobRole.values]),
            ),
            models.CheckConstraint(
                name="jobevent_warning_is_known",
                condition=Q(warning__in=["", *JobWarning.values]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job}: {self.was} -> {self.became}"

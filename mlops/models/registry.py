"""Model versions: what completed runs produced."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mlops.choices import Problem
from training.models import TrainingRun


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def eligible(self) -> Self:
        return self.filter(problem="")

    def for_table(self) -> Self:
        return self.select_related("run__dataset_version", "run__job").order_by("-pk")


class ModelVersion(models.Model):
    """A numbered version of a named model, with its artifacts and how it did."""

    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField()
    run = models.OneToOneField(
        TrainingRun, on_delete=models.PROTECT, related_name="model_version"
    )
    flavor = models.CharField(max_length=60, blank=True, default="")
    sha256 = models.CharField(max_length=64)
    metrics = models.JSONField(
        default=dict, blank=True, help_text=_("Measured on held-out cases.")
    )
    evaluation = models.JSONField(
        default=dict,
        blank=True,
        help_text=_("Beside the version that served then, on the same cases."),
    )
    problem = models.CharField(max_length=30, blank=True, default="", choices=Problem)
    problem_detail = models.TextField(blank=True, default="")
    checked_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        permissions = [("predict", _("Can ask the serving model for predictions"))]
        constraints = [
            models.UniqueConstraint(
                name="modelversion_number_unique_per_name", fields=["name", "version"]
            ),
            models.CheckConstraint(
                name="modelversion_problem_is_known",
                condition=Q(problem="") | Q(problem__in=Problem.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    @property
    def is_eligible(self) -> bool:
        return self.problem == ""

    @property
    def ineligible_reason(self) -> str:
        return str(self.get_problem_display()) if self.problem else ""

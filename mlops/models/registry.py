"""Model versions: what completed runs produced."""

from functools import cached_property
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, ExpressionWrapper, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mlops.choices import Problem
from preciso.clock import DatabaseNow
from training.choices import TrainingScope
from training.models import Sample, TrainingRun


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def eligible(self) -> Self:
        return self.with_withdrawn().filter(problem="", withdrawn=0)

    def ineligible(self) -> Self:
        return self.with_withdrawn().exclude(problem="", withdrawn=0)

    def with_withdrawn(self) -> Self:
        """Annotated with what ``ModelVersion.withdrawn`` says, in the same query."""
        number = OuterRef("run__dataset_version__number")
        scope = ExpressionWrapper(OuterRef("run__scope"), models.CharField())
        accepted = WithdrawnAcceptance.objects.filter(
            model_version=OuterRef(OuterRef("pk")), at__gte=OuterRef("withdrawn_at")
        )
        # in_until first: only the few that were withdrawn have one, and an index.
        counts = (
            Sample.objects.alias(scope=scope)
            .filter(in_until__gt=number, in_from__lte=number, held_out=False)
            .filter(Q(scope=TrainingScope.ALL) | Q(in_from=number))
            .exclude(Exists(accepted))
            .order_by()
            .values("held_out")
            .annotate(n=Count("*"))
            .values("n")
        )
        return self.annotate(withdrawn=Coalesce(Subquery(counts), 0))

    def for_table(self) -> Self:
        versions = self.with_withdrawn()
        return versions.select_related("run__dataset_version", "run__job").order_by(
            "-pk"
        )


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
    checked_at = models.DateTimeField(db_default=DatabaseNow())
    created_at = models.DateTimeField(db_default=DatabaseNow())

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        permissions = [
            ("predict", _("Can ask the serving model for predictions")),
            ("quarantine_modelversion", _("Can put a version in quarantine")),
        ]
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

    @cached_property
    def withdrawn(self) -> int:
        """How many samples it learnt from were withdrawn since, and not accepted.

        Read once for an instance, or annotated by ``with_withdrawn``.
        """
        return ModelVersion.objects.with_withdrawn().get(pk=self.pk).withdrawn

    def forget_withdrawn(self) -> None:
        """``withdrawn`` is read anew when it is asked for next."""
        self.__dict__.pop("withdrawn", None)

    @property
    def is_eligible(self) -> bool:
        return self.problem == "" and self.withdrawn == 0

    @property
    def ineligible_reason(self) -> str:
        if self.problem:
            return str(self.get_problem_display())
        if self.withdrawn:
            return ngettext(
                "It learnt from %(n)d sample that was withdrawn since.",
                "It learnt from %(n)d samples that were withdrawn since.",
                self.withdrawn,
            ) % {"n": self.withdrawn}
        return ""


class WithdrawnAcceptance(models.Model):
    """Somebody lets a version serve though it learnt from samples withdrawn since.

    Covers what was withdrawn up to ``at``; what comes later asks anew. Triggers refuse
    changes.
    """

    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="acceptances"
    )
    samples = models.PositiveIntegerField(
        help_text=_("How many withdrawn samples were accepted.")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    reason = models.TextField()
    at = models.DateTimeField(db_default=DatabaseNow())

    class Meta:
        verbose_name = _("acceptance of withdrawn samples")
        verbose_name_plural = _("acceptances of withdrawn samples")
        constraints = [
            models.CheckConstraint(
                name="withdrawnacceptance_has_a_reason", condition=~Q(reason="")
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_version}: {self.samples}"

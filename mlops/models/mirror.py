"""The mirror's own tables: what MLflow must still be told, and what it was told."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mlops.choices import MirrorTrouble, OutboxKind
from mlops.models.registry import ModelVersion
from preciso.clock import DatabaseNow


class OutboxEventQuerySet(models.QuerySet["OutboxEvent"]):
    def undelivered(self) -> Self:
        return self.filter(delivered_at=None)

    def delivered(self) -> Self:
        return self.exclude(delivered_at=None)

    def due(self) -> Self:
        """To be told now, in the order in which it happened."""
        return self.undelivered().filter(try_after__lte=DatabaseNow()).order_by("pk")

    def failing(self) -> Self:
        """Tried, and MLflow did not take it; it will be tried again."""
        return self.undelivered().filter(tries__gt=0)

    def for_table(self) -> Self:
        return self.order_by("-pk")


class OutboxEvent(models.Model):
    """One thing to tell MLflow; written in the transaction of what it tells."""

    kind = models.CharField(max_length=20, choices=OutboxKind)
    key = models.CharField(
        max_length=80,
        unique=True,
        help_text=_("What it tells of; the same thing is told once."),
    )
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=DatabaseNow())
    try_after = models.DateTimeField(db_default=DatabaseNow())
    tries = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    trouble = models.CharField(
        max_length=20, choices=MirrorTrouble, blank=True, default="", db_default=""
    )
    delivered_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(default=dict, blank=True)

    objects = OutboxEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("message to MLflow")
        verbose_name_plural = _("messages to MLflow")
        indexes = [
            models.Index(
                fields=["try_after", "id"],
                name="outbox_due",
                condition=Q(delivered_at=None),
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="outboxevent_kind_is_known",
                condition=Q(kind__in=OutboxKind.values),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"


class MirroredExperiment(models.Model):
    """An MLflow experiment the mirror has written to."""

    name = models.CharField(max_length=200, unique=True)
    mlflow_id = models.CharField(max_length=64)
    seen_at = models.DateTimeField(db_default=DatabaseNow())

    class Meta:
        verbose_name = _("MLflow experiment")
        verbose_name_plural = _("MLflow experiments")

    def __str__(self) -> str:
        return self.name


class MirroredVersion(models.Model):
    """What a model version is called in MLflow, once the mirror has told of it."""

    model_version = models.OneToOneField(
        ModelVersion, on_delete=models.PROTECT, related_name="mirrored"
    )
    mlflow_name = models.CharField(max_length=200)
    mlflow_version = models.CharField(max_length=20)
    mlflow_run_id = models.CharField(max_length=64)
    seen_at = models.DateTimeField(db_default=DatabaseNow())

    class Meta:
        verbose_name = _("model version in MLflow")
        verbose_name_plural = _("model versions in MLflow")

    def __str__(self) -> str:
        return f"{self.mlflow_name} {self.mlflow_version}"


class MirrorLeaseQuerySet(models.QuerySet["MirrorLease"]):
    def take(self, holder: str, *, seconds: float) -> bool:
        """Take or extend the lease, by the database's clock; False: others hold it."""
        self.get_or_create(pk=1)
        free = Q(holder=holder) | Q(expires_at=None) | Q(expires_at__lt=Now())
        return bool(
            self.filter(free, pk=1).update(
                holder=holder, expires_at=Now() + timedelta(seconds=seconds)
            )
        )

    def give_back(self, holder: str) -> None:
        self.filter(pk=1, holder=holder).update(holder="", expires_at=None)

    def is_held(self) -> bool:
        return self.filter(expires_at__gte=Now()).exists()


class MirrorLease(models.Model):
    """One row: which process mirrors now, so that only one does."""

    holder = models.CharField(max_length=120, blank=True, default="")
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = MirrorLeaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("mirror lease")
        verbose_name_plural = _("mirror lease")
        constraints = [
            models.CheckConstraint(name="mirrorlease_one_row", condition=Q(pk=1))
        ]

    def __str__(self) -> str:
        return self.holder or "-"

"""What would change if another version answered, tried on reviewed cases."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Q
from django.utils.translation import gettext_lazy as _

from mlops.models.registry import ModelVersion
from mlops.models.serving import ServingPeriod
from preciso.clock import DatabaseNow

FRESH_FOR = timedelta(hours=24)


class RehearsalQuerySet(models.QuerySet["Rehearsal"]):
    def fresh(self) -> Self:
        """Not older than a day, and nothing was switched since.

        A period that ended never opens again, so a switch there and back counts.
        """
        before_the_first = Q(period=None) & ~Exists(ServingPeriod.objects.all())
        still_open = Q(period__isnull=False, period__until=None)
        recent = self.filter(at__gte=DatabaseNow() - FRESH_FOR)
        return recent.filter(still_open | before_the_first)

    def freshest(self, target: ModelVersion) -> "Rehearsal | None":
        """The newest one of this version that still says what a switch would change."""
        return self.filter(model_version=target).fresh().for_page().first()

    def for_page(self) -> Self:
        return self.select_related("model_version", "serving", "period", "by").order_by(
            "-pk"
        )


class Rehearsal(models.Model):
    """A version's answers to reviewed cases, beside those of what served. Append-only.

    ``changed`` counts the cases it answers differently; ``away`` those of them that
    were answered as the reviewers decided and no longer are, ``towards`` the opposite.
    Where no version could be compared with, the reviewers' decisions stand for its
    answers. ``learnt``: cases the version was trained on; ``imported``: decisions that
    nobody took here. ``rows`` are the differing cases, newest first, as many as fit.
    """

    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="rehearsals"
    )
    period = models.ForeignKey(
        ServingPeriod,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("The serving period then open."),
    )
    serving = models.ForeignKey(
        ModelVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("The version compared with. Empty: none served, or none loaded."),
    )
    cases = models.PositiveIntegerField()
    imported = models.PositiveIntegerField()
    learnt = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    away = models.PositiveIntegerField()
    towards = models.PositiveIntegerField()
    rows = models.JSONField(default=list)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    at = models.DateTimeField(db_default=DatabaseNow())

    objects = RehearsalQuerySet.as_manager()

    class Meta:
        verbose_name = _("rehearsal")
        verbose_name_plural = _("rehearsals")
        permissions = [("rehearse", _("Can rehearse a version before it serves"))]
        constraints = [
            models.CheckConstraint(
                name="rehearsal_counts_fit",
                condition=Q(imported__lte=F("cases"))
                & Q(learnt__lte=F("cases"))
                & Q(changed__lte=F("cases"))
                & Q(changed__gte=F("away") + F("towards")),
            ),
            models.CheckConstraint(
                name="rehearsal_compares_with_what_served",
                condition=Q(serving=None) | Q(period__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_version}: {self.changed} of {self.cases}"

    @property
    def is_fresh(self) -> bool:
        return Rehearsal.objects.fresh().filter(pk=self.pk).exists()

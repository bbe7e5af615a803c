"""Whether a better version took over by itself, and why."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mlops.models.registry import ModelVersion
from mlops.models.serving import ServingPeriod
from preciso.clock import DatabaseNow


class PromotionDecision(models.Model):
    """Every rule of automatic promotion, for one new version. Append-only.

    ``champion`` is the version that served when it was judged; ``period`` the serving
    period that it led to.
    """

    at = models.DateTimeField(db_default=DatabaseNow(), db_index=True)
    model_version = models.OneToOneField(
        ModelVersion, on_delete=models.PROTECT, related_name="promotion_decision"
    )
    champion = models.ForeignKey(
        ModelVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    promoted = models.BooleanField()
    rules = models.JSONField()
    period = models.OneToOneField(
        ServingPeriod, on_delete=models.PROTECT, null=True, blank=True
    )

    class Meta:
        verbose_name = _("promotion decision")
        verbose_name_plural = _("promotion decisions")
        constraints = [
            models.CheckConstraint(
                name="promotiondecision_period_iff_promoted",
                condition=Q(promoted=True, period__isnull=False)
                | Q(promoted=False, period=None),
            )
        ]

    def __str__(self) -> str:
        return str(_("Promoted") if self.promoted else _("Not promoted"))

"""What a case said before it was corrected."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from preciso.clock import DatabaseNow
from training.models.cases import Case


class CaseRevision(models.Model):
    """The content that a correction replaced: of its own, so that it can be erased.

    The audit trail has its hash and the names of what changed. A trigger refuses every
    UPDATE; deleting is for who erases a case.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="revisions")
    at = models.DateTimeField(db_default=DatabaseNow(), editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    content = models.JSONField()
    content_sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("earlier content of a case")
        verbose_name_plural = _("earlier contents of cases")

    def __str__(self) -> str:
        return f"{self.case} {self.content_sha256[:12]}"

"""How often a password was tried wrongly, for whom and from where."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class FailureCount(models.Model):
    """One count for a person, an address, or a person at an address.

    ``key`` is a hash, so the table tells no address. Only names that somebody has are
    counted here, and there are never more rows than ``guard.MOST_ROWS`` beside those.
    """

    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(default=timezone.now, db_index=True)
    closed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("count of wrong passwords")
        verbose_name_plural = _("counts of wrong passwords")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.count}"

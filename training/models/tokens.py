"""API tokens: hashed, scoped, expiring."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

IDLE_AFTER = timedelta(days=30)


class ApiToken(models.Model):
    """What an integration signs in with. Only its hash is stored.

    ``scopes`` empty means all rights of the user; otherwise the listed permissions
    only, and never more than the user has.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=100, blank=True, default="")
    prefix = models.CharField(max_length=12)
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @property
    def is_idle(self) -> bool:
        """It works, and nobody has used it for a month: it could go."""
        since = self.last_used_at or self.created_at
        return self.is_usable and since < timezone.now() - IDLE_AFTER

    @property
    def is_usable(self) -> bool:
        """Neither revoked nor expired, and its user may still sign in."""
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.revoked_at is None and not expired and self.user.is_active

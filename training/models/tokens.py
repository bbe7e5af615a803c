"""API tokens: hashed, scoped, expiring."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThan
from django.utils.translation import gettext_lazy as _

from preciso import limits
from preciso.clock import DatabaseNow

IDLE_AFTER = timedelta(days=30)


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self) -> "ApiTokenQuerySet":
        """Neither revoked nor expired, and their users may still sign in."""
        lasting = Q(expires_at=None) | Q(expires_at__gt=DatabaseNow())
        return self.filter(lasting, revoked_at=None, user__is_active=True)

    def idle(self) -> "ApiTokenQuerySet":
        """They work, and nobody has used them for a month: they could go.

        The longest unused first.
        """
        since = Coalesce("last_used_at", "created_at")
        long_ago = self.usable().filter(LessThan(since, DatabaseNow() - IDLE_AFTER))
        return long_ago.order_by(since, "pk")


class ApiToken(models.Model):
    """What an integration signs in with. Only its hash is stored.

    ``scopes`` empty means all rights of the user; otherwise the listed permissions
    only, and never more than the user has.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=limits.TOKEN_NAME, blank=True, default="")
    prefix = models.CharField(max_length=12)
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(db_default=DatabaseNow())
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.prefix}…"

    def is_usable_at(self, now: datetime) -> bool:
        """As ``usable``, for a row that was read before ``now``."""
        expired = self.expires_at is not None and self.expires_at <= now
        return self.revoked_at is None and not expired and self.user.is_active

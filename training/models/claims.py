"""Who has a case open: a courtesy among reviewers that lapses by itself."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from training.models.cases import Case


class CaseClaimQuerySet(models.QuerySet["CaseClaim"]):
    """Lapsed by the database's clock, as every lease is."""

    def live(self) -> Self:
        return self.filter(until__gt=Now())

    def of_others(self, person: User) -> Self:
        """What keeps this person from opening a case by accident."""
        return self.live().exclude(by=person)


class CaseClaim(models.Model):
    """One person has one case open until ``until``. It forbids nobody anything."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="claim")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    since = models.DateTimeField(db_default=Now())
    until = models.DateTimeField(db_index=True)

    objects = CaseClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("open case")
        verbose_name_plural = _("open cases")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.case}: {self.by}"

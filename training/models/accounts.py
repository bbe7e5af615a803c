"""Accounts of programs: no person, and marked as such by their very name."""

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from preciso.clock import DatabaseNow

SUFFIX = "@service"


class ServiceAccount(models.Model):
    """What a program signs in as, with tokens alone; ``owner`` answers for it.

    The user name ends in ``@service``, and nobody else's does: so the account is marked
    wherever a name is shown, exported or hashed. Triggers refuse it a password, the
    admin, and becoming a person.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    purpose = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(db_default=DatabaseNow())

    class Meta:
        verbose_name = _("service account")
        verbose_name_plural = _("service accounts")
        constraints = [
            models.CheckConstraint(
                condition=~Q(user=F("owner")), name="serviceaccount_owned_by_another"
            )
        ]

    def __str__(self) -> str:
        return self.user.get_username()


def is_service_account(person: AbstractBaseUser) -> bool:
    return person.get_username().lower().endswith(SUFFIX)


def name_of(person: AbstractBaseUser) -> str:
    """What people read for who somebody is; a program never passes for a person."""
    full_name: str = getattr(person, "get_full_name", str)()
    if not is_service_account(person):
        return full_name or person.get_username()
    name = full_name or person.get_username().removesuffix(SUFFIX)
    return gettext("%(name)s (service account)") % {"name": name}

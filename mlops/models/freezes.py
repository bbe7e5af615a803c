"""When what serves must not change, and the two people who change it all the same."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from mlops.models.registry import ModelVersion
from mlops.models.serving import ServingPeriod
from preciso.clock import DatabaseNow


class FreezeWindowQuerySet(models.QuerySet["FreezeWindow"]):
    def standing(self) -> Self:
        """Not called off."""
        return self.filter(canceled_at=None)

    def at(self, moment: datetime) -> Self:
        """Half-open: a window contains its start and not its end."""
        return self.standing().filter(starts_at__lte=moment, ends_at__gt=moment)

    def to_come(self, moment: datetime) -> Self:
        """Running or planned."""
        return self.standing().filter(ends_at__gt=moment)

    def for_table(self) -> Self:
        return self.select_related("created_by", "canceled_by")


class FreezeWindow(models.Model):
    """From ``starts_at`` to ``ends_at`` nothing new is selected: a quarter close, say.

    Rolling back stays possible. Triggers refuse to change or delete one; it can only
    be called off, by a conditional UPDATE and before it starts.
    """

    name = models.CharField(_("What for"), max_length=120)
    starts_at = models.DateTimeField(_("From"), db_default=DatabaseNow())
    ends_at = models.DateTimeField(_("Until"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(db_default=DatabaseNow())
    canceled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    canceled_at = models.DateTimeField(null=True, blank=True)

    objects = FreezeWindowQuerySet.as_manager()

    class Meta:
        verbose_name = _("freeze window")
        verbose_name_plural = _("freeze windows")
        constraints = [
            models.CheckConstraint(
                name="freezewindow_ends_after_it_starts",
                condition=Q(ends_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="freezewindow_called_off_before_it_starts",
                condition=Q(canceled_at=None) | Q(canceled_at__lt=F("starts_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BreakGlassQuerySet(models.QuerySet["BreakGlass"]):
    def open(self) -> Self:
        """Waits for a second person, and in no freeze that is over."""
        running = Q(freeze=None) | Q(freeze__ends_at__gt=DatabaseNow())
        return self.filter(running, decided_at=None)

    def for_table(self) -> Self:
        people = ("requested_by", "decided_by")
        return self.select_related("model_version", "freeze", *people).order_by("-pk")


class BreakGlass(models.Model):
    """A person asks to select a version; another one confirms or refuses.

    In a freeze or, ``freeze`` None, because the policy wants two people.
    ``instead_of`` is what served when it was asked: confirmed is what both have seen,
    or nothing. ``period`` is the one that a confirmation opened.
    """

    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="+"
    )
    freeze = models.ForeignKey(
        FreezeWindow,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="requests",
    )
    instead_of = models.ForeignKey(
        ServingPeriod,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(db_default=DatabaseNow())
    reason = models.TextField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True, default="")
    confirmed = models.BooleanField(default=False, db_default=False)
    period = models.OneToOneField(
        ServingPeriod,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="break_glass",
    )

    objects = BreakGlassQuerySet.as_manager()

    class Meta:
        verbose_name = _("break-glass request")
        verbose_name_plural = _("break-glass requests")
        permissions = [
            (
                "confirm_breakglass",
                _("Can confirm a switch that another person asked for"),
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="breakglass_has_a_reason", condition=~Q(reason="")
            ),
            models.CheckConstraint(
                name="breakglass_decided_by_iff_decided",
                condition=Q(decided_by=None, decided_at=None)
                | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="breakglass_confirmed_by_another_person",
                condition=Q(period=None, confirmed=False)
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("requested_by"))),
            ),
            models.UniqueConstraint(
                name="breakglass_one_undecided_per_version",
                fields=["model_version"],
                condition=Q(decided_at=None, freeze=None),
            ),
            models.UniqueConstraint(
                name="breakglass_one_undecided_per_version_and_freeze",
                fields=["model_version", "freeze"],
                condition=Q(decided_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_version}: {self.freeze or self.reason[:60]}"

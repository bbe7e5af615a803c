"""Who came in and who looked: counted by the hour, kept for a stated time.

A table of its own and no part of the hash chain (ADR 42): anybody can make the sign-in
fail, nobody may make the audit trail grow by it. What a closed day held is kept as a
hash in the audit trail.
"""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from preciso.clock import DatabaseNow
from training.choices import ACCESS_COUNTED, AccessKind

HOUR = timedelta(hours=1)
MOST_COUNTED = 100  # rows of one counted kind in one hour, and one for all the rest
OTHERS = 0  # the slot of that one


class CurrentDate(models.Func):
    """The day by the database's clock, in UTC."""

    template = "CURRENT_DATE"
    output_field = models.DateField()


class AccessEntryQuerySet(models.QuerySet["AccessEntry"]):
    """The words people use about the access log."""

    def for_table(self) -> Self:
        return self.select_related("person").order_by("-pk")

    def past_their_time(self) -> Self:
        """What may be deleted; of anything else the database refuses it."""
        return self.filter(keep_until__lt=CurrentDate())


class AccessEntry(models.Model):
    """What one person or address did by one route within an hour, and how often.

    Triggers refuse every change but a higher count within its own hour, and every
    DELETE before ``keep_until`` is over. ``key`` is a hash over what tells entries
    apart, with the hour. Counted kinds have a slot each: the table cannot hold more.
    """

    kind = models.CharField(max_length=20, choices=AccessKind)
    hour = models.DateTimeField(help_text=_("The beginning of the hour it is of."))
    until = models.DateTimeField(help_text=_("The end of that hour."))
    slot = models.PositiveSmallIntegerField(null=True, blank=True)
    key = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    name = models.CharField(max_length=150, blank=True, default="")
    token = models.CharField(max_length=12, blank=True, default="")
    address = models.CharField(max_length=45, blank=True, default="")
    route = models.CharField(max_length=120, blank=True, default="")
    subject_type = models.CharField(max_length=60, blank=True, default="")
    subject_id = models.CharField(max_length=64, blank=True, default="")
    subject_label = models.CharField(max_length=200, blank=True, default="")
    cases = models.JSONField(
        default=list, blank=True, help_text=_("Whose protected attributes were shown.")
    )
    request_id = models.CharField(max_length=32, blank=True, default="")
    count = models.PositiveBigIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)
    keep_until = models.DateField(db_index=True)

    objects = AccessEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("access log entry")
        verbose_name_plural = _("access log entries")
        default_permissions = ()
        permissions = [("read_accesslog", _("Can read the access log"))]
        indexes = [models.Index(fields=["name", "-id"], name="accessentry_person")]
        constraints = [
            models.CheckConstraint(
                name="accessentry_counted_has_a_slot",
                condition=Q(kind__in=ACCESS_COUNTED, slot__isnull=False)
                | (~Q(kind__in=ACCESS_COUNTED) & Q(slot__isnull=True)),
            ),
            models.CheckConstraint(
                name="accessentry_slots_are_few",
                condition=Q(slot=None) | Q(slot__gte=OTHERS, slot__lte=MOST_COUNTED),
            ),
            models.UniqueConstraint(
                fields=["hour", "kind", "slot"],
                name="accessentry_slot_once",
                condition=Q(slot__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name or self.address}"


class AccessDay(models.Model):
    """A day of the access log that is over: for each kind its rows and their hash."""

    day = models.DateField(unique=True)
    kinds = models.JSONField()
    closed_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    class Meta:
        verbose_name = _("day of the access log")
        verbose_name_plural = _("days of the access log")
        default_permissions = ()

    def __str__(self) -> str:
        return self.day.isoformat()

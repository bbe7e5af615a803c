"""How far the clock of each program is from the database's."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from preciso.clock import TOLERANCE, DatabaseNow

FORGOTTEN_AFTER = timedelta(minutes=2)


class ClockReadingQuerySet(models.QuerySet["ClockReading"]):
    def wrong(self) -> "ClockReadingQuerySet":
        """The readings of the last minutes that are further off than is tolerated."""
        recent = self.filter(at__gte=DatabaseNow() - FORGOTTEN_AFTER)
        seconds = TOLERANCE.total_seconds()
        return recent.exclude(ahead__gte=-seconds, ahead__lte=seconds).order_by("name")


class ClockReading(models.Model):
    """How many seconds a program's clock on a machine is ahead of the database's.

    Only programs whose clock was wrong have a row. ``at`` is the right time: in
    SQLite, whose clock is the program's own, what it is ahead was taken off.
    """

    name = models.CharField(max_length=140, unique=True)
    ahead = models.FloatField()
    at = models.DateTimeField(db_default=DatabaseNow())

    objects = ClockReadingQuerySet.as_manager()

    class Meta:
        verbose_name = _("clock reading")
        verbose_name_plural = _("clock readings")
        default_permissions = ()  # told on Setup

    def __str__(self) -> str:
        return f"{self.name}: {self.ahead:+.1f} s"

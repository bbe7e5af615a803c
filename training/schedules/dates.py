"""Which dates a cron expression names, in the company's time zone.

An expression names times as the clock on the wall shows them. Where the clocks are
changed:

- A time that the clock shows twice is met the first time, and not again.
- A time that the clock leaves out is met at the moment when the clocks have gone
  forward; several such times of one night are met by that one moment.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from cronsim import CronSim, CronSimError
from django.utils import timezone
from django.utils.translation import gettext as _

from training.errors import InvalidInput

FIELDS = 5  # minute, hour, day of month, month, day of week; no seconds
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def check_schedule(expression: str) -> str:
    """The expression with single spaces; an empty one means no schedule.

    Raises InvalidInput where it is no cron expression or names no date.
    """
    tidy = " ".join(expression.split())
    if not tidy:
        return ""
    if len(tidy.split()) != FIELDS:
        problem = _(
            "“%(text)s” is no schedule. Five fields are needed: minute, hour, day of "
            "the month, month, day of the week; for example 0 2 * * 1 for Mondays at "
            "02:00."
        )
        raise InvalidInput(problem % {"text": tidy[:100]})
    try:
        next(CronSim(tidy, _on_the_wall(timezone.now())))
    except (CronSimError, ValueError, StopIteration):  # ValueError: 5,000 digits
        problem = _(
            "“%(text)s” names no date that ever comes; for example 0 2 * * 1 is "
            "Mondays at 02:00."
        )
        raise InvalidInput(problem % {"text": tidy[:100]}) from None
    return tidy


def dates_after(expression: str, moment: datetime) -> Iterator[datetime]:
    """The dates after ``moment``, each once and in order."""
    last = moment.astimezone(UTC)
    for wall in CronSim(expression, _on_the_wall(moment)):
        date = _moment_of(wall)
        # In UTC: Python compares two times of one zone by what the clock shows.
        if date.astimezone(UTC) > last:
            last = date.astimezone(UTC)
            yield date


def next_dates(expression: str, moment: datetime, count: int = 5) -> list[datetime]:
    return list(islice(dates_after(expression, moment), count))


def last_date(expression: str, *, after: datetime, until: datetime) -> datetime | None:
    """The latest date in ``(after, until]``; of several that were missed, the last."""
    # Walking back leaves out the second it starts from.
    start = _latest_shown(until) + SECOND
    for wall in CronSim(expression, start, reverse=True):
        date = _moment_of(wall)
        if date.astimezone(UTC) <= until:
            return date if date.astimezone(UTC) > after else None
    return None


def _local(moment: datetime) -> datetime:
    """In the company's time zone, whatever zone the reader has chosen."""
    return timezone.localtime(moment, timezone.get_default_timezone())


def _on_the_wall(moment: datetime) -> datetime:
    """The company's local time without a zone, as a clock on the wall shows it."""
    return _local(moment).replace(tzinfo=None)


def _latest_shown(moment: datetime) -> datetime:
    """The latest time the clock has shown by ``moment``: ahead of it in an hour that
    repeats, when the whole hour has been shown."""
    local = _local(moment)
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    wall = local.replace(tzinfo=None, fold=0)
    if not local.fold or first is None or second is None:
        return wall
    return wall + (first - second)


def _moment_of(wall: datetime) -> datetime:
    """The first moment at which the clock shows ``wall``, or has passed over it."""
    zone = timezone.get_default_timezone()
    while (
        _local(wall.replace(tzinfo=zone).astimezone(UTC)).replace(tzinfo=None) != wall
    ):
        wall += MINUTE
    return wall.replace(tzinfo=zone)

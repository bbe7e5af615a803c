"""Cron expressions: which dates they name, and how a person reads them."""

import calendar
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from cron_descriptor import (
    ExpressionDescriptor,
    FormatException,
    MissingFieldException,
    Options,
)
from cronsim import CronSim, CronSimError
from django.utils import timezone
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from training.errors import InvalidInput

FIELDS = 5  # minute, hour, day of month, month, day of week; no seconds
LOCALES = {"ko": "ko_KR"}


def _local(moment: datetime) -> datetime:
    """In the company's time zone, wherever the reader is."""
    return timezone.localtime(moment, timezone.get_default_timezone())


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
    if not _names_a_date(tidy):
        problem = _(
            "“%(text)s” names no date that ever comes; for example 0 2 * * 1 is "
            "Mondays at 02:00."
        )
        raise InvalidInput(problem % {"text": tidy[:100]})
    return tidy


def _names_a_date(expression: str) -> bool:
    try:
        next(CronSim(expression, _local(timezone.now())))
    except (CronSimError, StopIteration):
        return False
    return True


def dates_after(expression: str, moment: datetime) -> Iterator[datetime]:
    """The dates after ``moment``, in the company's time zone, daylight saving heeded.

    An hour that a clock change leaves out or repeats is met once, as Debian's cron
    does it.
    """
    yield from CronSim(expression, _local(moment))


def next_dates(expression: str, moment: datetime, count: int = 5) -> list[datetime]:
    return list(islice(dates_after(expression, moment), count))


def last_date(expression: str, *, after: datetime, until: datetime) -> datetime | None:
    """The latest date in ``(after, until]``: of several missed, one is enough."""
    a_second_on = _local(until) + timedelta(seconds=1)
    for date in CronSim(expression, a_second_on, reverse=True):
        if date <= until:  # walking back leaves out the moment it starts from
            return date if date > after else None
    return None


def in_words(expression: str) -> str:
    """``At 02:00, only on Monday``, in the reader's language."""
    options = Options()
    options.use_24hour_time_format = True
    options.locale_code = LOCALES.get(get_language() or "", "en_US")
    try:
        words = ExpressionDescriptor(expression, options).get_description()
    except (FormatException, MissingFieldException):  # it knows fewer than cronsim
        return expression
    return _with_translated_names(str(words))


def _with_translated_names(words: str) -> str:
    """The library takes the names of days and months from the machine's locale."""
    days = zip(calendar.day_name, WEEKDAYS.values(), strict=True)
    months = zip(list(calendar.month_name)[1:], MONTHS.values(), strict=True)
    for name, translated in (*days, *months):
        words = words.replace(name, str(translated))
    return words

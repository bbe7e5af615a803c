"""A schedule as a sentence, made of the fields its dates are computed from."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from cronsim import CronSimError
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from training.schedules.timetable import Timetable

DAY = 24 * 60  # minutes
MOST_LISTED = 12  # times of a day; more are described by minutes and hours
LEAST_IN_COURSE = 4  # numbers at equal distances, to be written as 0, 7, 14 … 56
LEAST_IN_RUN = 3  # neighbours, to be written as 1 to 3
NTH = {
    1: gettext_lazy("the first %(weekday)s of the month"),
    2: gettext_lazy("the second %(weekday)s of the month"),
    3: gettext_lazy("the third %(weekday)s of the month"),
    4: gettext_lazy("the fourth %(weekday)s of the month"),
    5: gettext_lazy("the fifth %(weekday)s of the month"),
}


def in_words(expression: str) -> str:
    """``At 02:00, only on Monday``, in the reader's language."""
    try:
        table = Timetable.of(expression)
    except (CronSimError, ValueError):
        return expression
    words = {
        "times": _times(table),
        "days": _days(table),
        "months": _runs(table.months, lambda month: str(MONTHS[month])),
    }
    if len(table.months) == len(MONTHS):
        return _("%(times)s, %(days)s") % words
    return _("%(times)s, %(days)s, only in %(months)s") % words


def _times(table: Timetable) -> str:
    times = table.times
    step = _step(times)
    if len(times) == DAY:
        return _("Every minute")
    if step and len(times) >= LEAST_IN_COURSE:
        return _course_of_times(times, step)
    if len(times) <= MOST_LISTED:
        return _("At %(times)s") % {"times": _joined([_clock(at) for at in times])}
    return _minutes_of_hours(table)


def _course_of_times(times: Sequence[int], step: int) -> str:
    hours, rest = divmod(step, 60)
    if rest:
        words = ngettext(
            "Every minute from %(first)s to %(last)s",
            "Every %(step)s minutes from %(first)s to %(last)s",
            step,
        )
    else:
        words = ngettext(
            "Every hour from %(first)s to %(last)s",
            "Every %(step)s hours from %(first)s to %(last)s",
            hours,
        )
    first, last = _clock(times[0]), _clock(times[-1])
    return words % {"step": step if rest else hours, "first": first, "last": last}


def _minutes_of_hours(table: Timetable) -> str:
    if len(table.hours) == 24:
        words = _("At minutes %(minutes)s of every hour")
    elif len(table.hours) == 1:
        words = _("At minutes %(minutes)s of hour %(hours)s")
    else:
        words = ngettext(
            "At minute %(minutes)s of the hours %(hours)s",
            "At minutes %(minutes)s of the hours %(hours)s",
            len(table.minutes),
        )
    return words % {"minutes": _numbers(table.minutes), "hours": _numbers(table.hours)}


def _days(table: Timetable) -> str:
    words = {"days": _days_of_month(table), "weekdays": _weekdays(table)}
    if table.names_days and table.names_weekdays:
        if table.needs_both:
            return _("%(days)s, of these only on %(weekdays)s") % words
        return _("%(days)s, and also on %(weekdays)s") % words
    if table.names_days:
        return words["days"]
    if table.names_weekdays:
        return _("only on %(weekdays)s") % words
    return _("every day")


def _days_of_month(table: Timetable) -> str:
    parts = []
    if table.days:
        words = ngettext(
            "on day %(days)s of the month",
            "on days %(days)s of the month",
            len(table.days),
        )
        parts.append(words % {"days": _numbers(table.days)})
    if table.has_last_day:
        parts.append(_("on the last day of the month"))
    if table.has_last_working_day:
        parts.append(_("on the last weekday of the month (Monday to Friday)"))
    return _joined(parts)


def _weekdays(table: Timetable) -> str:
    of_month = [
        str(NTH[nth]) % {"weekday": WEEKDAYS[weekday]}
        for weekday, nth in table.nth_weekdays
    ]
    of_month += [
        _("the last %(weekday)s of the month") % {"weekday": WEEKDAYS[weekday]}
        for weekday in table.last_weekdays
    ]
    every_week = _run_parts(table.weekdays, lambda weekday: str(WEEKDAYS[weekday]))
    return _joined([*every_week, *of_month])


def _numbers(numbers: Sequence[int]) -> str:
    """``0, 7, 14 … 56`` at equal distances, else ``1 to 5 and 9``."""
    step = _step(numbers)
    if step > 1 and len(numbers) >= LEAST_IN_COURSE:
        return "{}, {}, {} … {}".format(*numbers[:3], numbers[-1])
    return _runs(numbers, str)


def _runs(numbers: Sequence[int], name: Callable[[int], str]) -> str:
    return _joined(_run_parts(numbers, name))


def _run_parts(numbers: Sequence[int], name: Callable[[int], str]) -> list[str]:
    """Sorted numbers by name, neighbours as one part."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = []
    for run in runs:
        if len(run) >= LEAST_IN_RUN:
            ends = {"first": name(run[0]), "last": name(run[-1])}
            parts.append(_("%(first)s to %(last)s") % ends)
        else:
            parts += map(name, run)
    return parts


def _step(numbers: Sequence[int]) -> int:
    """The distance between neighbours; 0 where the distances differ."""
    steps = {later - one for one, later in pairwise(numbers)}
    return steps.pop() if len(steps) == 1 else 0


def _joined(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    many = {"first": ", ".join(parts[:-1]), "last": parts[-1]}
    return _("%(first)s and %(last)s") % many


def _clock(minutes: int) -> str:
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}"

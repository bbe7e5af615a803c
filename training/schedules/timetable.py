"""The fields of a cron expression, as the engine that computes its dates has them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cronsim import CronSim

ANY_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)  # the fields are the same at every one
ALL_DAYS, ALL_WEEKDAYS = 31, 7


@dataclass(frozen=True)
class Timetable:
    """The times of a day, and the days: each field sorted.

    Weekdays count from 0 for Monday. ``nth_weekdays`` are pairs such as (0, 2) for the
    second Monday of a month.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    nth_weekdays: tuple[tuple[int, int], ...]
    last_weekdays: tuple[int, ...]
    has_last_day: bool
    has_last_working_day: bool
    needs_both: bool

    @classmethod
    def of(cls, expression: str) -> "Timetable":
        """Raises CronSimError or ValueError where it is none."""
        engine = CronSim(expression, ANY_MOMENT)
        plain, nth, last = set(), set(), set()
        for item in engine.weekdays:
            if isinstance(item, int):
                plain.add(_weekday(item))
            elif item[1] == CronSim.LAST:
                last.add(_weekday(item[0]))
            else:
                nth.add((_weekday(item[0]), item[1]))
        return cls(
            minutes=tuple(sorted(engine.minutes)),
            hours=tuple(sorted(engine.hours)),
            days=tuple(sorted(day for day in engine.days if day > 0)),
            months=tuple(sorted(engine.months)),
            weekdays=tuple(sorted(plain)),
            nth_weekdays=tuple(sorted(nth)),
            last_weekdays=tuple(sorted(last)),
            has_last_day=CronSim.LAST in engine.days,
            has_last_working_day=CronSim.LAST_WEEKDAY in engine.days,
            needs_both=engine.day_and,
        )

    @property
    def times(self) -> tuple[int, ...]:
        """Minutes since midnight."""
        return tuple(
            60 * hour + minute for hour in self.hours for minute in self.minutes
        )

    @property
    def names_days(self) -> bool:
        """Whether the day of the month decides: it names some, and not all."""
        return len(self.days) < ALL_DAYS and not self._is_every_day

    @property
    def names_weekdays(self) -> bool:
        return len(self.weekdays) < ALL_WEEKDAYS and not self._is_every_day

    @property
    def _is_every_day(self) -> bool:
        """Where one of both is enough, and one is met by all days."""
        is_met = len(self.days) == ALL_DAYS or len(self.weekdays) == ALL_WEEKDAYS
        return is_met and not self.needs_both


def _weekday(number: int) -> int:
    """Cron counts from 0 for Sunday, which is 7 as well."""
    return (number - 1) % ALL_WEEKDAYS

"""Reads the sentence of a schedule, and names the dates that the sentence promises.

It knows nothing of cron: only what a person who reads English or Korean knows.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import override

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Language:
    """How the parts of a sentence are told from each other."""

    code: str
    whole: str  # the sentence, with groups of its parts
    every_day: str
    both: str  # a day of the month and of these a weekday
    either: str
    weekdays: str  # weekdays alone
    dates: str
    last_day: str
    last_weekday: str
    run: str
    link: str  # between the last two of a list
    nth: str
    order: tuple[str, ...]
    times: str
    minutes: str
    every_hour: str
    course: tuple[str, ...]


ENGLISH = Language(
    code="en",
    whole=r"(?P<times>.+?), (?P<days>(?:every day|on |only on ).*?)"
    r"(?:, only in (?P<months>.+))?",
    every_day="every day",
    both=r"(?P<dates>on .+), of these only on (?P<week>.+)",
    either=r"(?P<dates>on .+), and also on (?P<week>.+)",
    weekdays=r"only on (?P<week>.+)",
    dates=r"on days? ([\d,… toand]+) of the month",
    last_day="on the last day of the month",
    last_weekday="on the last weekday of the month (Monday to Friday)",
    run=" to ",
    link=" and ",
    nth=r"the (\w+) (\w+) of the month",
    order=("first", "second", "third", "fourth", "fifth", "last"),
    times=r"At ((?:\d\d:\d\d|, | and )+)",
    minutes=r"At minutes? (?P<minutes>.+) of (?:the hours? |hour )(?P<hours>.+)",
    every_hour=r"At minutes? (?P<minutes>.+) of every hour",
    course=(
        r"Every (?P<step>\d+ )?minutes? from (?P<first>\S+) to (?P<last>\S+)",
        r"Every (?P<step>\d+ )?hours? from (?P<first>\S+) to (?P<last>\S+)",
        r"Every minute",
    ),
)
KOREAN = Language(
    code="ko",
    whole=r"(?:(?P<months>[^에]+)에만, )?(?P<days>매일|매월 .+?|.+?요일에만), "
    r"(?P<times>\d\d:\d\d.*|매시 .+|[\d~, …]+시의 .+|1분마다)",
    every_day="매일",
    both=r"(?P<dates>매월 .+), 그중 (?P<week>.+)에만",
    either=r"(?P<dates>매월 .+), 그리고 (?P<week>.+)에도",
    weekdays=r"(?P<week>.+)에만",
    dates=r"매월 ([\d,… ~]+)일",
    last_day="매월 말일",
    last_weekday="매월 마지막 평일(월요일~금요일)",
    run="~",
    link=", ",
    nth=r"매월 (\w+) (\w+)",
    order=("첫째", "둘째", "셋째", "넷째", "다섯째", "마지막"),
    times=r"((?:\d\d:\d\d|, )+)",
    minutes=r"(?P<hours>[\d,… ~]+)시의 (?P<minutes>[\d,… ~]+)분",
    every_hour=r"매시 (?P<minutes>[\d,… ~]+)분",
    course=(
        r"(?P<first>\S+)부터 (?P<last>\S+)까지 (?P<step>\d+)분마다",
        r"(?P<first>\S+)부터 (?P<last>\S+)까지 (?P<step>\d+)시간마다",
        r"1분마다",
    ),
)


class Reading:
    """What a sentence says; ``dates`` are those it promises."""

    def __init__(self, sentence: str, language: Language):
        self.language = language
        parts = self._match(language.whole, sentence)
        self.times = self._times(parts["times"])
        with override(language.code):
            self._weekday_names = [str(name) for name in WEEKDAYS.values()]
            self._month_names = [str(name) for name in MONTHS.values()]
        months = parts["months"]
        self.months = {at + 1 for at in self._names(months, self._month_names)}
        if not months:
            self.months = set(range(1, 13))
        self._days = parts["days"]
        self._read_days()

    def dates(self, start: datetime, end: datetime, most: int) -> list[datetime]:
        """The first ``most`` in ``(start, end]``, in the zone of ``start``."""
        named: list[datetime] = []
        day = start.date()
        while day <= end.date() and len(named) < most:
            if day.month in self.months and self._names_day(day):
                for minutes in self.times:
                    at = datetime.combine(day, time(*divmod(minutes, 60)), start.tzinfo)
                    if start < at <= end:
                        named.append(at)
            day += DAY
        return named[:most]

    @staticmethod
    def _match(pattern, text):
        found = re.fullmatch(pattern, text)
        assert found, f"{text!r} is not understood"
        return found.groupdict()

    def _times(self, text):
        rule = self.language
        if listed := re.fullmatch(rule.times, text):
            return [minutes_of(at) for at in re.findall(r"\d\d:\d\d", listed[1])]
        if text == rule.course[2]:
            return list(range(24 * 60))
        for pattern, unit in zip(rule.course, (1, 60), strict=False):
            if course := re.fullmatch(pattern, text):
                first, last = minutes_of(course["first"]), minutes_of(course["last"])
                step = int(course["step"] or 1) * unit
                times = list(range(first, last + 1, step))
                assert times[-1] == last, f"{text!r} does not end where it says"
                return times
        every = re.fullmatch(rule.every_hour, text)
        found = every or re.fullmatch(rule.minutes, text)
        assert found, f"{text!r} is not understood"
        minutes = self._numbers(found["minutes"])
        hours = range(24) if every else self._numbers(found["hours"])
        return sorted(60 * hour + minute for hour in hours for minute in minutes)

    def _items(self, text):
        return [
            item
            for part in (text or "").split(self.language.link)
            for item in part.split(", ")
            if item
        ]

    def _numbers(self, text):
        if course := re.fullmatch(r"(\d+), (\d+), (\d+) … (\d+)", text):
            one, two, three, last = map(int, course.groups())
            assert three - two == two - one
            numbers = list(range(one, last + 1, two - one))
            assert numbers[-1] == last
            return numbers
        return [
            number
            for item in self._items(text)
            for first, _run, last in [item.partition(self.language.run)]
            for number in range(int(first), int(last or first) + 1)
        ]

    def _names(self, text, names):
        named = set()
        for item in self._items(text):
            first, _run, last = item.partition(self.language.run)
            named |= set(range(names.index(first), names.index(last or first) + 1))
        return named

    def _read_days(self):
        rule, text = self.language, self._days
        self.joins = None
        dates, week = "", ""
        for pattern, joins in ((rule.both, all), (rule.either, any)):
            if found := re.fullmatch(pattern, text):
                dates, week, self.joins = found["dates"], found["week"], joins
                break
        else:
            if found := re.fullmatch(rule.weekdays, text):
                week = found["week"]
            elif text != rule.every_day:
                dates = text
        self._read_dates(dates)
        self._read_week(week)
        self.has_dates, self.has_week = bool(dates), bool(week)

    def _read_dates(self, text):
        rule = self.language
        self.is_last_day = rule.last_day in text
        self.is_last_weekday = rule.last_weekday in text
        rest = text.replace(rule.last_weekday, "").replace(rule.last_day, "")
        found = re.search(rule.dates, rest)
        self.numbers = set(self._numbers(found[1])) if found else set()
        rest = re.sub(rule.dates, "", rest)
        assert not rest.replace(rule.link, "").strip(", "), f"{rest!r} in {text!r}"

    def _read_week(self, text):
        self.nth, plain = set(), []
        for item in self._items(text):
            if found := re.fullmatch(self.language.nth, item):
                order = self.language.order.index(found[1]) + 1
                self.nth.add((self._weekday_names.index(found[2]), order))
            else:
                plain.append(item)
        self.week = self._names(", ".join(plain), self._weekday_names)

    def _names_day(self, day):
        conditions = []
        if self.has_dates:
            conditions.append(self._is_date(day))
        if self.has_week:
            conditions.append(self._is_weekday(day))
        return (self.joins or all)(conditions)

    def _is_date(self, day):
        last = monthrange(day.year, day.month)[1]
        rest = [day + n * DAY for n in range(1, last - day.day + 1)]
        ends_work = day.weekday() < 5 and all(d.weekday() >= 5 for d in rest)
        return (
            day.day in self.numbers
            or (self.is_last_day and day.day == last)
            or (self.is_last_weekday and ends_work)
        )

    def _is_weekday(self, day):
        weekday = day.weekday()
        is_last = (day + 7 * DAY).month != day.month
        return (
            weekday in self.week
            or (weekday, (day.day - 1) // 7 + 1) in self.nth
            or (is_last and (weekday, 6) in self.nth)
        )


def minutes_of(clock: str) -> int:
    hour, minute = clock.split(":")
    return 60 * int(hour) + int(minute)

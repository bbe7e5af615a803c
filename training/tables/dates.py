"""Dates, months and durations as people write them, by the form of their column."""

import re
from collections.abc import Callable, Iterable
from datetime import date

# The first three letters of a month name tell it in English and mostly in German,
# French, Spanish and Italian; the longer ones are for those that differ.
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
    "mär": 3, "mrz": 3, "mai": 5, "okt": 10, "dez": 12,
    "fév": 2, "fev": 2, "avr": 4, "aoû": 8, "aou": 8, "déc": 12,
    "ene": 1, "abr": 4, "ago": 8, "dic": 12, "gen": 1, "mag": 5, "giu": 6, "lug": 7,
    "set": 9, "ott": 10,
}  # fmt: skip
_LONG_MONTHS = {"juin": 6, "juil": 7}
FIRST_YEAR, LAST_YEAR = 1900, 2100
PIVOT = 69  # two digits from here on are of the last century, as in POSIX

_TIME = (
    r"(?:[ T]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?)?$"
)
_NAME = r"(?P<name>[A-Za-zÀ-ÿ]{3,10})\.?"
# Each form of a date by the name that a recipe keeps.
DATE_FORMS: dict[str, re.Pattern[str]] = {
    "ymd": re.compile(
        r"^(?P<y>\d{4})(?P<sep>[-/.])\s?(?P<m>\d{1,2})(?P=sep)\s?(?P<d>\d{1,2})\.?"
        + _TIME
    ),
    "ymd_korean": re.compile(
        r"^(?P<y>\d{4})년\s*(?P<m>\d{1,2})월\s*(?P<d>\d{1,2})일" + _TIME
    ),
    "ymd_compact": re.compile(r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})$"),
    "dmy": re.compile(
        r"^(?P<d>\d{1,2})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<y>\d{4}|\d{2})" + _TIME
    ),
    "mdy": re.compile(
        r"^(?P<m>\d{1,2})(?P<sep>[-/.])(?P<d>\d{1,2})(?P=sep)(?P<y>\d{4}|\d{2})" + _TIME
    ),
    "d_name_y": re.compile(
        rf"^(?P<d>\d{{1,2}})\.?[-\s/]*{_NAME}[-\s/,]*(?P<y>\d{{4}}|\d{{2}})" + _TIME
    ),
    "name_d_y": re.compile(
        rf"^{_NAME}\s*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})" + _TIME
    ),
}
MONTH_FORMS: dict[str, re.Pattern[str]] = {
    "ym": re.compile(r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})$"),
    "ym_korean": re.compile(r"^(?P<y>\d{4})년\s*(?P<m>\d{1,2})월$"),
    "my": re.compile(r"^(?P<m>\d{1,2})[-/.](?P<y>\d{4})$"),
    "name_y": re.compile(rf"^{_NAME}[-\s/,']*(?P<y>\d{{4}}|\d{{2}})$"),
    "y_name": re.compile(rf"^(?P<y>\d{{4}})[-\s/,]*{_NAME}$"),
}
# Year first is the same date in each of these forms, so one column may mix them.
YEAR_FIRST = ("ymd", "ymd_korean")


def read_date(text: str, forms: Iterable[str]) -> str | None:
    """The date as ISO 8601 text, with its time if it has one; None if it is none."""
    for form in forms:
        match = DATE_FORMS[form].match(text)
        if match and (day := _day(match)) is not None:
            time = _time(match)
            return None if time is None else day + time
    return None


def read_month(text: str, forms: Iterable[str]) -> str | None:
    """The month as ``2011-12``; None if the text names none."""
    for form in forms:
        match = MONTH_FORMS[form].match(text)
        if match and (first := _day(match)) is not None:
            return first[:7]
    return None


def _day(match: re.Match[str]) -> str | None:
    parts = match.groupdict()
    year, month = int(parts["y"]), _month(parts)
    if len(parts["y"]) == 2:
        year += 1900 if year >= PIVOT else 2000
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, int(parts.get("d") or 1)).isoformat()
    except ValueError:
        return None


def _month(parts: dict[str, str | None]) -> int:
    name = parts.get("name")
    if name is None:
        return int(parts["m"] or 0)
    name = name.casefold()
    return _LONG_MONTHS.get(name[:4]) or _MONTHS.get(name[:3], 0)


def _time(match: re.Match[str]) -> str | None:
    """The time of day behind the date; ``""`` if there is none, None if impossible."""
    parts = match.groupdict()
    if parts.get("hour") is None:
        return ""
    hour, minute = int(parts["hour"]), int(parts["minute"])
    second = int(parts["second"] or 0)
    if parts["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if parts["half"][0] in "pP" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    zone = parts["zone"] or ""
    if not (hour or minute or second or zone):
        return ""  # midnight is how a spreadsheet writes a date
    if len(zone) == 5:
        zone = f"{zone[:3]}:{zone[3:]}"
    return f"T{hour:02}:{minute:02}:{second:02}{zone}"


def forms_of(
    texts: Iterable[str],
    patterns: dict[str, re.Pattern[str]],
    read: Callable[[str, tuple[str, ...]], str | None],
) -> tuple[tuple[str, ...], int]:
    """The form or forms that read most of a column, and how many texts they read.

    Day first or month first is decided by the column: 25/03/2025 somewhere in it makes
    03/04/2025 the third of April. Where nothing decides, day first is taken if the
    separator is a point, else month first.
    """
    texts = list(texts)
    candidates: list[tuple[str, ...]] = [
        (form,) for form in patterns if form not in YEAR_FIRST
    ]
    if YEAR_FIRST[0] in patterns:
        candidates.insert(0, YEAR_FIRST)
    counts = {c: sum(read(text, c) is not None for text in texts) for c in candidates}
    pointed = any(re.match(r"^\d{1,2}\.\d{1,2}\.\d", text) for text in texts)
    first = "dmy" if pointed else "mdy"

    def rank(forms: tuple[str, ...]) -> tuple[int, bool]:
        return counts[forms], forms == (first,)

    best = max(candidates, key=rank)
    return best, counts[best]


_DURATION = re.compile(r"^(?P<n>\d+(?:[.,]\d+)?)\s*(?P<unit>[A-Za-zÀ-ÿ가-힣]+)\.?$")
_UNITS = {
    "days": ("d", "day", "days", "일", "tag", "tage", "jour", "jours"),
    "weeks": ("w", "wk", "wks", "week", "weeks", "주", "woche", "wochen"),
    "months": (
        "mo", "mos", "mth", "mths", "month", "months", "개월", "monat", "monate",
        "mois",
    ),
    "years": ("y", "yr", "yrs", "year", "years", "년", "jahr", "jahre", "ans", "an"),
}  # fmt: skip
UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
# How many of the smaller unit make one of the larger, where a calendar fixes it.
IN_SMALLER = {("years", "months"): 12, ("weeks", "days"): 7}


def duration(text: str) -> tuple[str, str] | None:
    """The digits of a duration and its unit: ``("36", "months")``."""
    match = _DURATION.match(text.strip())
    unit = match and UNIT_OF.get(match["unit"].casefold())
    return (match["n"], unit) if match and unit else None

"""A schedule as a field of a body: a cron expression, whose grammar a pattern can say.

What the pattern leaves to the service: a range that ends before it begins, and a date
that never comes, such as the 31st of February.
"""

from typing import Any

from drf_spectacular.utils import extend_schema_field

from preciso import limits
from preciso.api_fields import Text

MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
DAYS = "SUN MON TUE WED THU FRI SAT"


def _names(words: str) -> str:
    """Any of them, in large or small letters."""
    return "|".join(
        "".join(f"[{letter}{letter.lower()}]" for letter in word)
        for word in words.split()
    )


def _field(value: str, more: str = "", special: str = "") -> str:
    """A list of values, ranges and steps; ``more`` takes no step, ``special`` does."""
    base = rf"\*|{value}(-{value})?{special}"
    term = rf"({more}({base})(/0*[1-9][0-9]*)?)"
    return f"{term}(,{term})*"


WEEKDAY = rf"(0*[0-7]|{_names(DAYS)})"
FIELDS = (
    _field("0*[1-5]?[0-9]"),  # minute
    _field("0*(1?[0-9]|2[0-3])"),  # hour
    _field("0*([1-9]|[12][0-9]|3[01])", special="|[Ll][Ww]?"),  # day of the month
    _field(rf"(0*([1-9]|1[0-2])|{_names(MONTHS)})"),  # month
    _field(WEEKDAY, more=rf"0*[0-7][Ll]|{WEEKDAY}#0*[1-5]|"),  # day of the week
)
PATTERN = r"^\s*(" + r"\s+".join(FIELDS) + r"\s*)?$"


@extend_schema_field(
    {"type": "string", "maxLength": limits.SCHEDULE, "pattern": PATTERN}
)
class Schedule(Text):
    """A cron expression, or nothing; the service says what is wrong with one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": limits.SCHEDULE, **kwargs})

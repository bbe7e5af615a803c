"""Schedules: cron expressions, the dates they name, and how a person reads them.

The dates are computed by one engine from the fields of an expression, and the words are
made of the same fields, so that what is read is what is done.
"""

from training.schedules.dates import (
    check_schedule,
    dates_after,
    last_date,
    next_dates,
)
from training.schedules.description import in_words

__all__ = ["check_schedule", "dates_after", "in_words", "last_date", "next_dates"]

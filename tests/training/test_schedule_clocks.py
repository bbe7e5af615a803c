"""What a schedule does on nights when the clocks are changed, in real time zones."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.apis import person
from training.models import AutoDecision
from training.schedules import dates_after, last_date, next_dates
from training.services.policy import policies
from training.services.policy.batch_schedule import run_schedule

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
CHANGES = {  # the day in 2026 on which the clocks go forward, and back
    "Europe/Berlin": ((3, 29), (10, 25)),
    "America/New_York": ((3, 8), (11, 1)),
    "Australia/Lord_Howe": ((10, 4), (4, 5)),  # by half an hour
    "Asia/Seoul": ((3, 29), (10, 25)),  # never
}


def first_passed(expression, zone, start, end):
    """The dates by definition: when the clock first shows a time, or passes over it.

    Minute by minute, with the times of the clock as a zone without changes names them.
    """
    with override_settings(TIME_ZONE="UTC"):
        first = start.astimezone(zone).replace(tzinfo=UTC)
        named = set(takewhile((first + 4 * DAY).__ge__, dates_after(expression, first)))
    passed, latest, at = [], first, start
    while at <= end:
        shown = at.astimezone(zone).replace(tzinfo=UTC)
        news = (latest + n * MINUTE for n in range(1, (shown - latest) // MINUTE + 1))
        if any(time in named for time in news):
            passed.append(at)
        latest = max(latest, shown)
        at += MINUTE
    return passed


def around_the_change(name, change):
    """From the noon before to the noon after."""
    month, day = CHANGES[name][change]
    noon = datetime(2026, month, day, 12, tzinfo=ZoneInfo(name)).astimezone(UTC)
    return noon - DAY, noon


MINUTES = st.sampled_from(["0", "30", "*/30", "*/15", "7", "*", "45", "5/20", "0,59"])
HOURS = st.sampled_from(["*", "1", "2", "3", "1-3", "*/2", "0,2", "23", "1,2,3"])
DAYS = st.sampled_from(["* * *", "* * SUN", "* * MON-SAT", "*/2 * *", "1 * SUN"])
EXPRESSIONS = st.tuples(MINUTES, HOURS, DAYS).map(" ".join)


@settings(deadline=None, max_examples=120)
@given(
    EXPRESSIONS,
    st.sampled_from(sorted(CHANGES)),
    st.sampled_from([0, 1]),
    st.integers(0, 24 * 60 * 60),
)
@example("*/30 1 * * *", "America/New_York", 1, 0)
@example("*/30 1 * * *", "America/New_York", 1, 13 * 60 * 60 + 600)
@example("*/15 2 * * *", "Europe/Berlin", 0, 0)
@example("* * * * *", "Australia/Lord_Howe", 0, 50_000)
@example("* * * * *", "Australia/Lord_Howe", 1, 50_000)
def test_each_time_of_the_clock_is_met_once(expression, name, change, seconds):
    start, end = around_the_change(name, change)
    passed = first_passed(expression, ZoneInfo(name), start, end)
    moment = start + timedelta(seconds=seconds)

    with override_settings(TIME_ZONE=name):
        coming = [
            date.astimezone(UTC)
            for date in islice(dates_after(expression, moment), len(passed) + 1)
            if date.astimezone(UTC) <= end
        ]
        last = last_date(expression, after=start, until=moment)

    assert coming == [date for date in passed if date > moment]
    gone = [date for date in passed if start < date <= moment]
    assert (last and last.astimezone(UTC)) == (gone[-1] if gone else None)


def shown(expression, name, month, day, count):
    """The next dates from that midnight on, as the clock shows them and its offset."""
    with override_settings(TIME_ZONE=name):
        midnight = datetime(2026, month, day, tzinfo=ZoneInfo(name))
        dates = next_dates(expression, midnight - timedelta(seconds=1), count)
    return [date.strftime("%d %H:%M %z") for date in dates]


@pytest.mark.parametrize(
    ("expression", "name", "day", "dates"),
    [
        (  # the hour from one to two comes twice
            "*/30 1 * * *",
            "America/New_York",
            (11, 1),
            ["01 01:00 -0400", "01 01:30 -0400", "02 01:00 -0500"],
        ),
        (
            "*/20 2 * * *",
            "Europe/Berlin",
            (10, 25),
            ["25 02:00 +0200", "25 02:20 +0200", "25 02:40 +0200", "26 02:00 +0100"],
        ),
        (  # the hour from two to three does not come
            "30 2 * * *",
            "Europe/Berlin",
            (3, 29),
            ["29 03:00 +0200", "30 02:30 +0200"],
        ),
        (  # what it leaves out is met by one moment, which may be named itself
            "*/20 2-3 * * *",
            "Europe/Berlin",
            (3, 29),
            ["29 03:00 +0200", "29 03:20 +0200", "29 03:40 +0200", "30 02:00 +0200"],
        ),
        (
            "45 1 * * *",
            "Australia/Lord_Howe",
            (4, 5),
            ["05 01:45 +1100", "06 01:45 +1030"],
        ),
        (
            "15 2 * * *",
            "Australia/Lord_Howe",
            (10, 4),
            ["04 02:30 +1100", "05 02:15 +1100"],
        ),
        (
            "30 2 * * *",
            "Asia/Seoul",
            (3, 29),
            ["29 02:30 +0900", "30 02:30 +0900"],
        ),
    ],
)
def test_a_night_on_which_the_clocks_are_changed(expression, name, day, dates):
    assert shown(expression, name, *day, len(dates)) == dates


@pytest.mark.django_db
def test_a_repeated_hour_brings_no_second_training(clock, settings):
    settings.TIME_ZONE = "America/New_York"
    clock.set(datetime(2026, 11, 1, 0, 55, tzinfo=ZoneInfo("America/New_York")))
    alice = person("Admin", "alice")
    policies.change_policy(by=alice, batch_schedule="*/30 1 * * *")

    for _ten_minutes in range(3 * 6):
        clock.advance(minutes=10)
        run_schedule()

    due = AutoDecision.objects.order_by("due_at").values_list("due_at", flat=True)
    assert list(due) == [
        datetime(2026, 11, 1, 5, 0, tzinfo=UTC),
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
    ]

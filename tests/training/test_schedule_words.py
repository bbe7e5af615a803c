"""The sentence of a schedule promises the dates that the engine computes."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

import pytest
from django.utils.translation import override
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.training.schedule_reader import ENGLISH, KOREAN, Reading
from training.errors import InvalidInput
from training.schedules import check_schedule, dates_after, in_words

FEBRUARY = datetime(2026, 2, 28, tzinfo=UTC)
SOME, YEARS = 60, timedelta(days=3 * 366)
NAMED_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "jun", "JUL", "AUG", "SEP", "DEC"]
NAMED_DAYS = ["SUN", "MON", "TUE", "wed", "THU", "FRI", "SAT"]


def fields(low, high, names=(), more=()):
    """One field of the grammar: numbers, names, ranges, steps, lists of them."""
    number = st.integers(low, high).map(str)
    one = number | st.sampled_from(names) if names else number
    numbers = st.tuples(st.integers(low, high), st.integers(low, high))
    span = numbers.map(lambda two: f"{min(two)}-{max(two)}")
    step = st.integers(1, high + 2).map(str)
    stepped = st.tuples(st.just("*") | span | number, step).map("/".join)
    terms = [one, span, stepped, *more]
    term = st.one_of(*terms)
    several = st.lists(term | st.just("*"), min_size=1, max_size=4).map(",".join)
    return st.just("*") | term | several


NTH = st.tuples(st.integers(0, 7), st.integers(1, 5)).map(
    lambda two: f"{two[0]}#{two[1]}"
)
LAST = st.integers(0, 7).map("{}L".format)
EXPRESSIONS = st.tuples(
    fields(0, 59),
    fields(0, 23),
    fields(1, 31, more=[st.sampled_from(["L", "LW"])]),
    fields(1, 12, names=NAMED_MONTHS),
    fields(0, 7, names=NAMED_DAYS, more=[NTH, LAST]),
).map(" ".join)
STARTS = st.integers(0, 3000).map(lambda n: FEBRUARY + timedelta(days=n, hours=5 * n))


@settings(deadline=None, max_examples=400)
@given(EXPRESSIONS, STARTS, st.sampled_from([ENGLISH, KOREAN]))
@example("0 0 */2 * MON", FEBRUARY, ENGLISH)
@example("0 0 */2 * MON", FEBRUARY, KOREAN)
@example("5/15 * * * *", FEBRUARY, KOREAN)
@example("*/30 1 * * *", FEBRUARY, ENGLISH)
@example("0 0 13 * FRI", FEBRUARY, ENGLISH)
@example("0 0 13 * 0-7", FEBRUARY, KOREAN)
@example("0 0 * * 5-5/2", FEBRUARY, ENGLISH)
@example("0 0 L,LW,1 1-3,7 5L,MON#2", FEBRUARY, KOREAN)
@example("0 0 29 2 */7", FEBRUARY, ENGLISH)
def test_what_is_read_is_what_is_computed(expression, start, language):
    try:
        check_schedule(expression)
    except InvalidInput:
        assume(False)
    with override(language.code):
        reading = Reading(in_words(expression), language)

    end = start + YEARS
    computed = takewhile(end.__ge__, dates_after(expression, start))
    assert reading.dates(start, end, SOME) == list(islice(computed, SOME))


@settings(deadline=None)
@given(EXPRESSIONS)
def test_every_valid_expression_has_words_and_no_field_of_cron(expression):
    try:
        check_schedule(expression)
    except InvalidInput:
        assume(False)
    for language in ("en", "ko"):
        with override(language):
            words = in_words(expression)
        assert words != expression
        assert not set("*/#") & set(words)


@pytest.mark.parametrize(
    ("expression", "english", "korean"),
    [
        (
            "0 0 */2 * MON",
            "At 00:00, on days 1, 3, 5 … 31 of the month, of these only on Monday",
            "매월 1, 3, 5 … 31일, 그중 월요일에만, 00:00",
        ),
        (
            "0 0 1-31/2 * MON",
            "At 00:00, on days 1, 3, 5 … 31 of the month, and also on Monday",
            "매월 1, 3, 5 … 31일, 그리고 월요일에도, 00:00",
        ),
        (
            "5/15 * * * *",
            "Every 15 minutes from 00:05 to 23:50, every day",
            "매일, 00:05부터 23:50까지 15분마다",
        ),
        ("*/30 1 * * *", "At 01:00 and 01:30, every day", "매일, 01:00, 01:30"),
        ("0 2 * * *", "At 02:00, every day", "매일, 02:00"),
        (
            "*/15 9-17 * 3 MON-FRI",
            "Every 15 minutes from 09:00 to 17:45, only on Monday to Friday, only in "
            "March",
            "3월에만, 월요일~금요일에만, 09:00부터 17:45까지 15분마다",
        ),
        (
            "*/7 * L * *",
            "At minutes 0, 7, 14 … 56 of every hour, on the last day of the month",
            "매월 말일, 매시 0, 7, 14 … 56분",
        ),
        (
            "0 3 * * 1#1,5L",
            "At 03:00, only on the first Monday of the month and the last Friday of "
            "the month",
            "매월 첫째 월요일, 매월 마지막 금요일에만, 03:00",
        ),
    ],
)
def test_a_schedule_reads_as_a_sentence_in_both_languages(expression, english, korean):
    with override("en"):
        assert in_words(expression) == english
    with override("ko"):
        assert in_words(expression) == korean

"""How the cells of a column are read: in one way, and never by accident."""

# ruff: noqa: DTZ001, RUF001 - a cell has no time zone, and letters of many countries

import math
from datetime import date, datetime

import pytest
from hypothesis import given, strategies

from training.tables import numbers
from training.tables.cells import text_of
from training.tables.columns import Profile, reading_of
from training.tables.readings import DoesNotFit, Reading


def column(*texts, name="x", assumed=numbers.POINT):
    """The reading proposed for a column of these texts, and their values by it."""
    reading = reading_of(Profile.of(name, texts), assumed)
    read = reading.reader()
    return reading, [read(text) for text in texts]


@pytest.mark.parametrize(
    ("texts", "kind", "unit", "values"),
    [
        (["10.65%", "7.9%", "12.10%"], "percent", "ratio", [0.1065, 0.079, 0.121]),
        (["83.70%", "120.5 %"], "percent", "ratio", [0.837, 1.205]),
        (["3,75%", "4,10%"], "percent", "ratio", [0.0375, 0.041]),
        (["$60,000.00", "$5,000.00"], "money", "USD", [60000, 5000]),
        (["1.250,50 €", "980,00 €"], "money", "EUR", [1250.5, 980]),
        (["(1,250.00)", "300.00"], "number", "", [-1250, 300]),
        (["1.250,50", "980,00", "2.100,00"], "number", "", [1250.5, 980, 2100]),
        (["1 234,5", "12 345,0"], "number", "", [1234.5, 12345]),
        (["1'234.50", "12'345.00"], "number", "", [1234.5, 12345]),
        (["12,34,567", "1,00,000"], "number", "", [1234567, 100000]),
        (["3억5천만", "12,000,000", "5000만원"], "money", "KRW", [35e7, 12e6, 5e7]),
        (["3억5천", "1조2,000억", "2만"], "number", "", [35e7, 12e11, 2e4]),
        (["1.5M", "250k"], "number", "", [1_500_000, 250_000]),
        (["36 months", "60 months"], "duration", "months", [36, 60]),
        (["3 years", "18 months"], "duration", "months", [36, 18]),
        (["3년", "18개월"], "duration", "months", [36, 18]),
        (["Dec-2011", "Jan-2012"], "month", "", ["2011-12", "2012-01"]),
        (["2011년 12월", "2012년 1월"], "month", "", ["2011-12", "2012-01"]),
        (["2025-03-02", "2025.03.03", "2025/3/4"], "date", "",
         ["2025-03-02", "2025-03-03", "2025-03-04"]),
        (["2025년 3월 2일", "2025. 3. 4."], "date", "", ["2025-03-02", "2025-03-04"]),
        (["03/04/2025", "25/03/2025"], "date", "", ["2025-04-03", "2025-03-25"]),
        (["03/04/2025", "03/25/2025"], "date", "", ["2025-03-04", "2025-03-25"]),
        (["2.3.2025", "1.12.2025"], "date", "", ["2025-03-02", "2025-12-01"]),
        (["02-Mar-2025", "3 April 2025"], "date", "", ["2025-03-02", "2025-04-03"]),
        (["20250302", "20251231"], "date", "", ["2025-03-02", "2025-12-31"]),
        (["2025-03-02 14:05", "2025-03-03 09:30"], "date", "",
         ["2025-03-02T14:05:00", "2025-03-03T09:30:00"]),
        (["00501", "01010", "02134"], "code", "", ["00501", "01010", "02134"]),
        (["12345678901234567", "22345678901234567"], "code", "",
         ["12345678901234567", "22345678901234567"]),
        (["Yes", "No", "yes"], "yes_no", "", ["Yes", "No", "Yes"]),
        (["예", "아니오"], "yes_no", "", ["예", "아니오"]),
        (["20%-<30%", "<20%", "36", "50%-60%"], "range", "",
         ["20%-<30%", "<20%", "36", "50%-60%"]),
    ],
)  # fmt: skip
def test_a_column_is_read_as_it_is_meant(texts, kind, unit, values):
    reading, read = column(*texts)
    assert (reading.kind, reading.unit, read) == (kind, unit, values)


def test_the_name_of_a_column_makes_its_digits_a_code():
    reading, values = column("451120", "722410", name="naics")
    assert (reading.kind, values) == ("code", ["451120", "722410"])
    assert column("451120", "722410", name="amount")[1] == [451120, 722410]


def test_nothing_becomes_a_number_by_accident():
    texts = ["1e5", "nan", "inf", "1_000", "?", "NA", "Exempt", "１２"]
    reading, values = column(*texts)
    assert reading.kind == "category"
    assert values == ["1e5", None, "inf", "1_000", None, None, "Exempt", "１２"]


@pytest.mark.parametrize("text", ["", " ", "NA", "n/a", "?", "-", "#N/A", "NULL", "."])
def test_what_stands_for_nothing_known_is_missing_in_every_reading(text):
    for kind in ("number", "date", "code", "category", "yes_no"):
        assert Reading(kind).reader()(text) is None


def test_nines_far_from_all_other_values_are_missing():
    reading, values = column("34", "45", "9999", "9999", "9999", "51")
    assert reading.missing == ("9999",)
    assert values == [34, 45, None, None, None, 51]
    assert column("9998", "9997", "9999", "9999", "9999")[0].missing == ()


def test_what_does_not_fit_the_column_is_refused_and_not_read_otherwise():
    read = Reading("number", ",", ".").reader()
    assert read("1.250,50") == 1250.5
    for text in ("1,250.50", "12 %", "$5", "abc", "1.2.3"):
        with pytest.raises(DoesNotFit):
            read(text)


def test_marks_that_show_nothing_are_those_of_the_other_columns():
    assert column("1,250", "3,500")[1] == [1250, 3500]
    assert column("1,250", "3,500", assumed=numbers.COMMA)[1] == [1.25, 3.5]


def test_a_column_that_mixes_kinds_keeps_its_texts():
    reading, values = column("1", "two", "3", "four")
    assert (reading.kind, values) == ("category", ["1", "two", "3", "four"])


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (501.0, "501"), (1.5, "1.5"), (True, "true"), (None, ""), (math.nan, ""),
        (date(2025, 3, 2), "2025-03-02"), (datetime(2025, 3, 2), "2025-03-02"),
        (datetime(2025, 3, 2, 14, 5), "2025-03-02T14:05:00"),
        (12345678901234567, "12345678901234567"),
    ],
)  # fmt: skip
def test_a_typed_cell_says_the_same_as_its_text(cell, text):
    assert text_of(cell) == text


NUMBERS = strategies.decimals(
    min_value=-(10**12), max_value=10**12, allow_nan=False, places=2
)
STYLES = strategies.sampled_from(
    [(".", ","), (",", "."), (".", ""), (",", ""), (",", " "), (".", "'")]
)


@given(strategies.lists(NUMBERS, min_size=1, max_size=30), STYLES)
def test_numbers_written_in_any_style_are_read_as_they_were(values, style):
    decimal, thousands = style
    texts = [
        f"{value:,.2f}".replace(",", "_").replace(".", decimal).replace("_", thousands)
        for value in values
    ]
    _reading, read = column(*texts)
    assert [float(value) for value in read] == [float(value) for value in values]


@given(
    strategies.lists(
        strategies.dates(date(1950, 1, 1), date(2099, 12, 31)), min_size=1
    ),
    strategies.sampled_from(["%Y-%m-%d", "%Y.%m.%d", "%d.%m.%Y", "%d %B %Y", "%Y%m%d"]),
)
def test_dates_written_in_any_form_are_read_as_they_were(days, form):
    reading, read = column(*[day.strftime(form) for day in days])
    assert (reading.kind, read) == ("date", [day.isoformat() for day in days])


@given(
    strategies.from_regex(r"[0-9]{1,6}(억|만)?[0-9]{0,4}(천|만)?원?", fullmatch=True)
)
def test_a_korean_amount_is_read_or_refused_and_never_raises(text):
    written = numbers.take_apart(text)
    if written is not None and written.korean:
        value = numbers.korean_value(written.korean, numbers.POINT)
        assert value is None or value >= 0


@given(strategies.text(max_size=40))
def test_any_text_has_a_reading_that_reads_it(text):
    _reading, values = column(text, text)
    assert values[0] == values[1]


def test_a_reading_is_the_same_after_it_was_kept():
    for texts in (["1.250,50", "9999", "9999", "9999"], ["2.3.2025"], ["Y", "N"]):
        reading, _ = column(*texts)
        assert Reading.from_json(reading.as_json()) == reading


@pytest.mark.parametrize(
    "data",
    [
        {}, {"kind": "magic"}, {"kind": "number", "other": 1},
        {"kind": "date", "forms": ["star"]}, {"kind": "number", "decimal": 1},
        {"kind": "number", "missing": "NA"},
    ],
)  # fmt: skip
def test_what_is_no_reading_is_refused(data):
    with pytest.raises(ValueError, match=r".+"):
        Reading.from_json(data)

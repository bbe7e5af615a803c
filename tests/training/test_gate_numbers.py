"""Which numbers of an answer are in the facts, however they are written."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from training.gate.numbers import share_found, stated_numbers
from training.gate.numerals import read_numbers


def fact(value, name="amount", unit=None, period=None):
    return {"name": name, "value": value, "unit": unit, "period": period}


def found(reason, *facts, evidence=()):
    """The share of the reason's numbers that are in the facts."""
    known = [each if isinstance(each, dict) else fact(each) for each in facts]
    return share_found(f"deny\n{reason}", "deny", known, evidence)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("1,234,567.89", 1234567.89),
        ("1.234.567,89", 1234567.89),
        ("1 234 567", 1234567),
        ("1\u202f234\u00a0567,5", 1234567.5),
        ("1'234'567", 1234567),
        ("12,34,567", 1234567),
        ("1,234", 1234),
        ("1.234", 1.234),
        ("0,5", 0.5),
        ("12,5", 12.5),
        (".5", 0.5),
        ("1.235e+06", 1234567.8),
        ("\uff11\uff12\uff13", 123),
        ("22.1 %", 0.221),
        ("22.1%", 22.1),
        ("22.1 percent", 0.221),
        ("22.1퍼센트", 0.221),
        ("150 bps", 0.015),
        ("3 ‰", 0.003),
        ("-5", -5),
        ("\u22125", -5),
        ("-$5", -5),
        ("$-5", -5),
        ("(1,200)", -1200),
        ("(1,200)", 1200),
        ("▲1,200", -1200),
        ("△ 1,200", -1200),
        ("a loss of 1,200", -1200),
        ("영업손실 1,200억원", -120_000_000_000),
        ("$5 million", 5_000_000),
        ("5-million", 5_000_000),
        ("3.2 mn", 3_200_000),
        ("1.5bn", 1_500_000_000),
        ("2 trillion", 2 * 10**12),
        ("120k", 120_000),
        ("$5M", 5_000_000),
        ("12m", 12),
        ("USD5,000", 5000),
        ("₩5,000", 5000),
        ("5,000 dollars", 5000),
        ("5천만", 50_000_000),
        ("3억 5천만 원", 350_000_000),
        ("3억5천만원", 350_000_000),
        ("1조 2,000억", 1_200_000_000_000),
        ("1조 2,000억원은", 1_200_000_000_000),
        ("3천5백만원", 35_000_000),
        ("3만 5,000원", 35_000),
        ("2.5억에서", 250_000_000),
        ("100만 달러", 1_000_000),
        ("△3억", -300_000_000),
    ],
)
def test_a_number_is_found_in_the_way_people_write_it(said, value):
    assert found(f"It is {said}, which is too much.", value) == 1.0


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("0.22", 0.2213),
        ("22 %", 0.2213),
        ("3.2 million", 3_249_999),
        ("1.2조", 1_151_000_000_000),
        ("3", 2.5),
        ("2", 2.5),
        ("0.30", 0.30000000000000004),
    ],
)
def test_a_rounded_number_is_what_it_was_rounded_from(said, value):
    assert found(said, value) == 1.0


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("0.23", 0.2213),
        ("0.221", 0.22),
        ("0.2213", 0.22),
        ("22.1", 0.221),
        ("3,000", 3200),
        ("3.3 million", 3_249_999),
        ("5", -5),
        ("-5", 5),
        ("▲5", 5),
        ("1", 0.92),
        ("0", 0.3),
        ("3억", 300_000),
        ("3 million", 3),
        ("1,234", 1.234),
        ("5", True),
        ("5", None),
        ("5", 10**4000),
    ],
)
def test_no_other_number_is_found(said, value):
    assert found(f"It is {said}.", value) == 0.0


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("3,200,000", fact(3.2, unit="million USD")),
        ("320,000,000원", fact(3.2, unit="억원")),
        ("0.221", fact(22.1, unit="%")),
        ("120 thousand", fact(120, name="income (thousand USD)")),
        ("5백만원", fact(5, name="매출(백만원)")),
        ("3 200", fact("between 3,200 and 4,000 USD")),
        ("12345", fact("12 345")),
        ("345", fact("12 345")),
        ("2024", fact("2024-03-15")),
    ],
)
def test_a_fact_may_have_its_scale_in_its_unit_and_its_number_in_a_text(said, known):
    assert found(f"It is {said}", known) == 1.0


def test_evidence_is_searched_too_and_the_share_counts_each_statement():
    evidence = [{"id": "1", "snippet": "Salary of 3,200 a month."}, {"id": "2"}]
    said = "3,200 a month, 0.36 of it for debt, 99 in all, and 99 again."
    assert found(said, 0.36, evidence=evidence) == 0.5


@pytest.mark.parametrize(
    "said",
    [
        "No number at all.",
        "Application BOS-0002 of Q3, FY2023 and COVID-19.",
        "Signed on 2024-03-15 at 10:30, due 15.03.2025.",
        "March 15, 2024, 5 May 2023 and Oct 2022.",
        "Employed since 2015, in 2019-2021 and in 2020.",
        "2024년 3월 15일 및 3분기 실적.",
        "제3조와 민법 750조 1항.",
        "1. Income\n2) Debt\n(3) Both",
        "See section 4.2, page 12, item 3, No. 5, #7 and [3].",
        "The 1st and the 22nd.",
        "Call 010-1234-5678 or look at 192.168.0.1, file 007.",
        "https://example.org/a/12?b=3 and a1@example.org",
        "Case 550e8400-e29b-41d4-a716-446655440000.",
        "9" * 26,
    ],
)
def test_digits_that_measure_nothing_are_no_number(said):
    assert found(said, 1) is None


@pytest.mark.parametrize("said", ["2020 dollars", "12 개월", "30 만기", "2조각", "5 %"])
def test_what_may_be_a_measure_is_counted(said):
    assert len(stated_numbers(f"deny\n{said}", "deny", [])) == 1


def test_korean_units_that_do_not_go_down_are_two_numbers():
    assert len(stated_numbers("deny\n3억 4억", "deny", [])) == 2
    assert found("3억 4억", 300_000_000, 400_000_000) == 1.0


def test_digits_of_the_decision_and_of_names_and_periods_do_not_count():
    facts = [fact(5, name="income 12m", period="2023"), fact(7, name="9")]
    output = "grade 3\nincome 12m (2023) = 5 speaks for grade 3."
    assert share_found(output, "grade 3", facts, []) == 1.0
    assert share_found("4\n4 and 0.45", "4", [fact(0.45)], []) == 1.0


STYLES = {
    "plain": lambda n: f"{n}",
    "english": lambda n: f"{n:,}",
    "german": lambda n: f"{n:,}".translate(str.maketrans(",.", ".,")) + ",0",
    "french": lambda n: f"{n:,}".replace(",", "\u202f"),
    "swiss": lambda n: f"{n:,}".replace(",", "'"),
    "dollars": lambda n: f"${n:,}",
    "won": lambda n: f"{n:,}원",
    "korean": lambda n: in_korean(n),
    "thousand": lambda n: f"{Decimal(n) / 1000} thousand",
    "million": lambda n: f"{Decimal(n) / 10**6:f} million",
    "billion": lambda n: f"{Decimal(n) / 10**9:f}bn",
}
ROUNDING = {"korean", "thousand", "million", "billion"}
SIGNS = [("", 1), ("-", -1), ("▲", -1), ("△", -1), ("+", 1)]
wholes = st.integers(min_value=1, max_value=9 * 10**15)


def in_korean(number):
    """1,200,030,004 as 12억 3만 4"""
    units = [(10**12, "조"), (10**8, "억"), (10**4, "만"), (1, "")]
    parts = []
    for size, unit in units:
        many, number = divmod(number, size)
        if many:
            parts.append(f"{many:,}{unit}")
    return " ".join(parts) + "원"


@given(wholes, st.sampled_from(sorted(STYLES)), st.sampled_from(SIGNS))
def test_a_number_in_any_style_is_found_again(number, style, signed):
    sign, factor = signed
    assert found(f"It is {sign}{STYLES[style](number)}.", factor * number) == 1.0


@given(wholes, wholes, st.sampled_from(sorted(STYLES)))
def test_another_number_in_any_style_is_not_found(number, other, style):
    if style in ROUNDING:  # "1 million" is all that rounds to it
        assume(not number / 2 <= other <= number * 2)
    assert found(f"It is {STYLES[style](number)}.", other) == float(number == other)


@given(
    st.decimals(
        min_value=Decimal("0.1"), max_value=Decimal(10**9), places=6, allow_nan=False
    ),
    st.integers(min_value=1, max_value=5),
    st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN]),
)
def test_rounded_to_any_place_it_is_found_and_one_digit_beside_it_is_not(
    value, places, rounding
):
    digit = Decimal(1).scaleb(-places)
    stated = value.quantize(digit, rounding)
    assert found(f"It is {stated:f}", float(value)) == 1.0
    assert found(f"It is {stated + 2 * digit:f}", float(value)) == 0.0


@given(st.integers(min_value=1, max_value=99_999), st.sampled_from([" %", "%", " pct"]))
def test_a_percentage_is_its_figure_and_its_share(thousandths, sign):
    percent = Decimal(thousandths) / 1000
    said = f"It is {percent:f}{sign}"
    assert found(said, float(percent)) == 1.0
    assert found(said, float(percent / 100)) == 1.0
    assert found(said, float(percent * 10)) == 0.0


@given(st.text(max_size=200))
def test_any_text_can_be_read(text):
    share = found(text, 1, fact(text, name="text", unit=text))
    assert share is None or 0 <= share <= 1


PIECES = (
    *("in ", "s ", "Rs ", "USD ", "$", "▲ ", "-", " - ", "+", "(", ")", "[", "제", "é"),
    *("1", "12", "345", "1,234", "0.5", "12,34", "1.234", "007", "9" * 13, "\uff13"),
    *(
        " ",
        "\n",
        "\u00a0",
        "\u2009",
        "\t",
        ", ",
        ". ",
        ": ",
        ";",
        "'",
        "e5",
        "m",
        "k",
        "B",
    ),
    *("%", "%p", "‰", " per cent", " people", " bps", " thousand", "-million", " mn"),
    *("만", "억", "조", "만원", "억원", "천", " 만", "원", " 조건", "기", "년 ", "회 "),
)


@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
def test_what_is_read_at_once_is_read_the_same_with_care(text):
    # Where a text tells of a loss anywhere, each number is looked at with care.
    assert read_numbers(text) == read_numbers(text + "\n" * 40 + "loss")

"""What the gate reads costs time in proportion to its length, whatever it says."""

import pytest

from tests.effort import grows_in_proportion
from training.gate.forbidden_content import find_forbidden
from training.gate.numbers import KnownNumbers, share_found

# Each is said again and again: words, numbers and marks that one of the patterns begins
# with, goes on over or turns back from.
SAID = (
    *(
        "a",
        "A",
        "_",
        "0",
        "1",
        "é",
        "가",
        "1가",
        " ",
        "\n",
        "\t",
        "-",
        "(",
        "[",
        ".",
        ",",
    ),
    *("a.", "a-", "a@", "@a.", "a:", "://", "a://", "가://a", "http://a:", "a://a:b"),
    *("1,", "1.", "1 ", "0 ", "1,111", ",111", "11,", "1.111", ".111", "1'111", " 111"),
    *("12,34,", "11,111,", "1111111111,", "1\u20191", "1e9 ", "1e5e", "1-", "100-100"),
    *("1만", "1천 ", "1만1,", "1만 1,1", "1억 2", "제", "제1", "1조", "1조 제1", "1차"),
    *(
        "no.1.",
        "no. ",
        "page 1",
        "Jan ",
        "May 1 ",
        "12 Jan",
        "2020-",
        "2020.",
        "in 2020 ",
    ),
    *(
        "1월",
        "1 월 1 ",
        "1)",
        "\n1. ",
        "\n ",
        "[1",
        "[1]",
        "#1.",
        "3Q",
        "3Q24",
        "A1-",
        "A1_",
    ),
    *("USD", "USD1", "$", "(-$1", "▲ 1", "loss ", "loss 1 ", "손실", "1 %", "percent "),
    *("eyJ-", "-eyJaaaaaaaa", "eyJaaaaaaaa.", "SG.-", "sk-", "gh", "ghp_", "xoxb-"),
    *("token", "token ", "token:", "secret=", "password", "password ", "password="),
    *("authorization ", "-----BEGIN ", "-----BEGIN A ", "AB12", "AB12 CDEF "),
    *("4111 1111 1111 1111 ", "card 4111111111111112", "900101-1234567 ", "주민"),
)
SIZE = 600  # characters, and eight times as many


def answer(text):
    share_found(text, "no", [{"name": "term", "value": 1}], [])


def facts(text):
    share_found("It is 1.5.", "no", [{"name": "term", "value": text}], [])


def name_and_unit(text):
    share_found("It is 1.5.", "no", [{"name": text, "value": 1, "unit": text}], [])


@pytest.mark.parametrize("read", [answer, facts, name_and_unit, find_forbidden])
@pytest.mark.parametrize("end", ["x", "%"])
def test_a_text_is_read_in_time_that_grows_with_its_length(read, end):
    steep = [
        said
        for said in SAID
        if not grows_in_proportion(
            lambda size, said=said: read(said * (size // len(said)) + end), SIZE
        )
    ]

    assert steep == []


def test_many_names_of_facts_are_looked_for_at_once():
    def work(size):
        named = [{"name": f"Year {n}", "value": n} for n in range(size)]
        share_found("Year " * size, "no", named, [])

    assert grows_in_proportion(work, 100)


def test_names_that_begin_with_each_other_are_looked_for_at_once():
    def work(size):
        named = [{"name": "1" + "-" * n, "value": 1} for n in range(size)]
        share_found("1-- " * size, "no", named, [])

    assert grows_in_proportion(work, 100)


def test_numbers_of_every_size_are_compared_at_once():
    def work(size):
        known = [{"name": f"n{n}", "value": f"{n}.5e{n % 900}"} for n in range(size)]
        share_found(" ".join(f"1e{n % 900}" for n in range(size)), "no", known, [])

    assert grows_in_proportion(work, 100)


def test_a_number_that_no_other_is_near_is_no_error():
    assert share_found("It is 0.5.", "no", [{"name": "x", "value": "1e999"}], []) == 0
    assert not KnownNumbers([]).holds(())

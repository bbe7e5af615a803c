"""The pattern of a schedule in the OpenAPI document says what the service takes."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.apis import api
from training.api.schedules import PATTERN
from training.errors import InvalidInput
from training.schedules import check_schedule

NEVER = "names no date that ever comes"
PARTS = "* 0 7 15 31 59 1-5 5-1 */2 0/0 3/7 L LW 5L mon Sun-TUE fri#2 2#6 jan DEC-feb"
FIELD = st.lists(
    st.sampled_from([*PARTS.split(), "008", "60", "x", ""]), min_size=1, max_size=3
).map(",".join)


def problem(text):
    try:
        check_schedule(text)
    except InvalidInput as refusal:
        return str(refusal)
    return ""


def is_reversed(text):
    """A range that ends before it begins, or a date that never comes."""
    return re.search(r"5-1|DEC-feb|31|L", text) is not None


@settings(max_examples=400, deadline=None)
@given(st.lists(FIELD, min_size=4, max_size=6).map(" ".join))
def test_what_is_taken_fits_the_pattern_and_what_fits_is_taken(text):
    fits, wrong = re.fullmatch(PATTERN, text) is not None, problem(text)

    assert fits or wrong
    if fits and wrong:
        assert NEVER in wrong
        assert is_reversed(text)


@settings(max_examples=100, deadline=None)
@given(st.from_regex(PATTERN, fullmatch=True).filter(lambda text: len(text) <= 100))
def test_whatever_the_pattern_makes_is_taken_or_never_comes(text):
    wrong = problem(text)

    assert not wrong or NEVER in wrong


@pytest.mark.django_db
def test_hours_that_do_not_go_together_are_a_conflict_of_rules():
    caller = api("Admin")

    one = caller.post("training/auto", {"allowed_from": "09:00"})
    same = {"allowed_from": "09:00", "allowed_until": "09:00"}

    for answer in (one, caller.post("training/auto", same)):
        assert (answer.status_code, answer.json()["code"]) == (409, "rules_conflict")
    both = {"allowed_from": "09:00", "allowed_until": "18:00"}
    assert caller.post("training/auto", both).status_code == 200
    moved = caller.post("training/auto", {"allowed_from": "08:00"})
    assert moved.status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong", [{"fax": 1}, {"page": 201}, {"page": -1}, {"page": "1"}]
)
def test_evidence_by_source_is_what_the_document_says(wrong):
    caller = api("Admin")

    answer = caller.post("training/auto", {"min_evidence_by_source": wrong})

    assert answer.status_code == 400
    fine = {"min_evidence_by_source": {"page": 200, "api": 3.0}}
    done = caller.post("training/auto", fine)
    assert done.json()["min_evidence_by_source"] == {"page": 200, "api": 3}

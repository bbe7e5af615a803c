"""What a page asks for several times is read once, and never kept for the next."""

import re
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from preciso.request_cache import read_once, reading
from tests.mlops.people import browser
from training.services.policy import policies

# The time goes on, and Django lists the tables itself.
ASKED_AGAIN = re.compile(r"^SELECT STRFTIME\(|FROM sqlite_master")

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted():
    asked = []

    @read_once
    def answer(number, *, sign=1):
        asked.append(number)
        return [sign * number]

    answer.asked = asked
    return answer


def test_the_first_answer_serves_all_who_ask_the_same(counted):
    with reading():
        assert counted(1) is counted(1)
        assert counted(1, sign=-1) == [-1]
        assert counted(2) == [2]
    assert counted.asked == [1, 1, 2]


def test_the_next_request_and_whoever_writes_ask_again(counted):
    for _request in range(2):
        with reading():
            counted(1)
    assert counted(1) is not counted(1)
    assert counted.asked == [1] * 4


def test_nothing_is_known_before_it_was_asked(counted):
    with reading():
        with pytest.raises(TypeError):
            counted()
        assert counted(1) == [1]


def test_what_a_form_writes_into_the_policy_is_its_own(db):
    with reading():
        policies.policy().min_new_samples = 7
        assert policies.policy().min_new_samples == 50


@pytest.mark.parametrize(
    "path", ["/mlops/", "/mlops/training/", "/mlops/models/", "/ops-console/"]
)
def test_a_page_asks_nothing_twice(path):
    visitor = browser("Admin")
    visitor.get(path)

    with CaptureQueriesContext(connection) as captured:
        assert visitor.get(path).status_code == 200

    asked = Counter(query["sql"] for query in captured.captured_queries)
    twice = [sql for sql, times in asked.items() if times > 1]
    assert [sql for sql in twice if not ASKED_AGAIN.search(sql)] == []


def test_the_next_page_shows_what_was_changed_since():
    visitor = browser("Admin")
    before = visitor.get("/settings/rules/").content.decode()
    policies.change_policy(by=None, min_new_samples=12_345)
    after = visitor.get("/settings/rules/").content.decode()
    assert "12,345" not in before
    assert "12,345" in after

"""Pages of long lists, and how they are sent."""

import pytest
from django.core.paginator import Paginator

from preciso import page_paginator
from preciso.page_paginator import KeyPaginator, SearchPaginator, first_rows
from tests.apis import an_approved_case, api, person
from tests.mlops.people import browser
from training.models import Case, Sample

pytestmark = pytest.mark.django_db
COMPRESSED = {"Accept-Encoding": "gzip"}


@pytest.fixture
def cases():
    by = person("Reviewer")
    for _one in range(7):
        an_approved_case(by)
    return Case.objects.for_table()


@pytest.mark.parametrize("order", ["pk", "-pk"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_every_page_holds_the_rows_that_it_would_hold_anyway(cases, order, size):
    rows = cases.order_by(order)
    expected = Paginator(rows, size)

    found = KeyPaginator(rows, size)

    assert found.num_pages == expected.num_pages
    for number in expected.page_range:
        assert list(found.page(number)) == list(expected.page(number))


@pytest.mark.parametrize("order", ["pk", "-pk", "title"])
@pytest.mark.parametrize("few", [3, 1000])
def test_every_page_of_a_search_holds_its_matches(cases, order, few, monkeypatch):
    monkeypatch.setattr(page_paginator, "FEW", few)
    rows = cases.order_by(order, *(["pk"] if order == "title" else []))
    expected = Paginator(rows, 3)

    pages = SearchPaginator(rows, 3)

    assert pages.count == 7
    for number in expected.page_range:
        assert list(pages.page(number)) == list(expected.page(number))


def test_few_matches_are_looked_for_once(cases, django_assert_num_queries):
    with django_assert_num_queries(2):  # for the keys, and for the rows with them
        page = SearchPaginator(cases.filter(external_id__contains="-"), 5).get_page(1)
        assert (page.paginator.count, len(list(page))) == (7, 5)


def test_a_page_of_nothing_is_empty(cases):
    assert list(KeyPaginator(cases.filter(title="no such"), 5).get_page(3)) == []


def test_the_rows_bring_along_what_the_list_shows(cases, django_assert_num_queries):
    rows = Sample.objects.for_table().filter(review__by__username__startswith="rev")
    page = KeyPaginator(rows, 5).get_page(2)

    with django_assert_num_queries(0):
        shown = [(sample.case.title, sample.review.by.username) for sample in page]

    assert len(shown) == 2


def test_the_first_rows_are_those_of_the_list(cases):
    assert first_rows(cases, 3) == list(cases[:3])


def test_pages_are_sent_compressed_and_answers_of_the_api_are_not(cases):
    page = browser("Viewer").get("/mlops/approvals/?status=all", headers=COMPRESSED)
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]

    reader = api("Viewer")
    answer = reader.client.get("/api/v1/cases", headers=COMPRESSED)
    assert len(answer.content) > 1000
    assert "Content-Encoding" not in answer


def test_the_same_page_is_never_as_long_twice_in_a_row(cases):
    """Django pads it: its length tells nothing of what is in it."""
    visitor = browser("Viewer")
    answers = [visitor.get("/mlops/approvals/", headers=COMPRESSED) for _n in range(12)]
    assert len({len(answer.content) for answer in answers}) > 1

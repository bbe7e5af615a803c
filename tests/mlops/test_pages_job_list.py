"""The list of jobs: each filter is an address, days are counted, the list is live."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mlops.selectors.job_lists import JobFilter
from tests.apis import a_job
from tests.mlops.people import browser, text

pytestmark = pytest.mark.django_db

JOBS = "/mlops/jobs/"


@pytest.fixture
def theo():
    return browser("Operator", "theo")


def listed(visitor, **query):
    return {job.pk for job in visitor.get(JOBS, query).context["page_obj"]}


def test_jobs_are_narrowed_by_way_person_and_day_of_asking(theo):
    today = timezone.localdate().isoformat()
    long_ago = timezone.now() - timedelta(days=9)
    by_hand = a_job(created_by=theo.user)
    auto = a_job(flow="auto", status="failed")
    old = a_job(flow="batch", created_at=long_ago, created_by=theo.user)

    assert listed(theo, flow="auto") == {auto.pk}
    assert listed(theo, person="theo") == {by_hand.pk, old.pk}
    assert listed(theo, person="system") == {auto.pk}
    assert listed(theo, since=today) == {by_hand.pk, auto.pk}
    assert listed(theo, until=today, flow="batch") == {old.pk}
    assert listed(theo, status="bad") == {auto.pk}
    assert listed(theo, since="9999-12-31x", until="0000-00-00") == {
        by_hand.pk,
        auto.pk,
        old.pk,
    }


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "now"])
def test_a_day_that_no_job_can_be_of_breaks_nothing(theo, day):
    assert theo.get(JOBS, {"since": day, "until": day}).status_code == 200


def test_the_address_of_a_filter_says_all_of_it():
    wish = JobFilter(
        status="bad", flow="auto", person="theo", since=timezone.localdate()
    )

    query = dict(pair.split("=") for pair in wish.url.partition("?")[2].split("&"))

    assert JobFilter.from_query(query) == wish
    assert "theo" in wish.words


def test_each_day_counts_what_completed_and_what_ended_badly(theo):
    now = timezone.now()
    for status in ("completed", "completed", "failed", "dead_letter", "canceled"):
        a_job(status=status)
    a_job(status="completed", created_at=now - timedelta(days=3))
    a_job(status="completed", created_at=now - timedelta(days=40))

    page = theo.get(JOBS)

    bars = [(done, bad) for _day, done, bad in page.context["bars"]]
    assert (bars[-1], bars[-4], len(bars)) == ((2, 2), (1, 0), 14)
    completed, bad = page.context["links"][-1]
    assert theo.get(completed).context["page_obj"].paginator.count == 2
    assert theo.get(bad).context["page_obj"].paginator.count == 2
    assert "<desc>Completed: 3. Ended badly: 2.</desc>" in text(page)


def test_days_on_which_nothing_ended_are_no_chart(theo):
    a_job()

    assert "Jobs per day" not in text(theo.get(JOBS))


def test_the_list_asks_for_itself_with_its_filters_and_can_be_paused(theo):
    page = text(theo.get(JOBS, {"flow": "auto"}))

    assert f'hx-get="{JOBS}?flow=auto"' in page
    assert 'data-do="pause" data-for="live"' in page

"""The list of jobs: each filter is an address, days are counted, the list is live."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from tests.apis import a_job, api
from tests.mlops.people import browser, text
from training.choices import JobFlow, JobKind, JobStatus
from training.filters.jobs import JobFilters

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
    assert listed(theo, created_by="theo") == {by_hand.pk, old.pk}
    assert listed(theo, created_by="system") == {auto.pk}
    assert listed(theo, since=today) == {by_hand.pk, auto.pk}
    assert listed(theo, until=today, flow="batch") == {old.pk}
    assert listed(theo, status="bad") == {auto.pk}
    assert listed(theo, since="9999-12-31x", until="0000-00-00") == {
        by_hand.pk,
        auto.pk,
        old.pk,
    }


NO_DAYS = ["9999-12-31", "2026-02-30", "20260131", "2026-W05-6", "now"]


@pytest.mark.parametrize("day", NO_DAYS)
def test_a_day_that_no_job_can_be_of_breaks_nothing(theo, day):
    assert theo.get(JOBS, {"since": day, "until": day}).status_code == 200
    assert api("Viewer").get("pipeline/jobs", until=day).status_code == 400


def test_the_fields_of_the_page_have_its_own_words(theo):
    fields = theo.get(JOBS).context["form"].visible_fields

    labels = [str(field.label) for field in fields]
    assert labels == ["Status", "Kind", "Way", "Asked for by", "From", "To"]
    assert not any(field.help_text for field in fields)


def test_a_day_that_cannot_be_read_is_said_beside_its_field(theo):
    a_job()

    page = theo.get(JOBS, {"since": "2026-02-30"})

    assert page.context["page_obj"].paginator.count == 1
    assert "Enter a day such as 2026-01-31." in text(page)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("person=theo&status=bad", "created_by=theo&status=bad"),
        ("aside=yes", "discarded=true"),
        ("aside=no&kind=seal", "discarded=false&kind=seal"),
        ("reason=&page=2", "has_reason=false&page=2"),
    ],
)
def test_a_bookmark_with_old_names_leads_to_the_same_list(theo, old, new):
    assert theo.get(f"{JOBS}?{old}").url == f"{JOBS}?{new}"


QUERIES = [
    *({"status": status} for status in ("active", "waiting", "bad")),
    *({"status": status} for status in JobStatus.values),
    *({"kind": kind} for kind in JobKind.values),
    *({"flow": flow} for flow in JobFlow.values),
    {"reason": "bad_data"},
    {"has_reason": "true"},
    {"has_reason": "false"},
    {"discarded": "true"},
    {"discarded": "false"},
    {"days": "7"},
    {"days": "0"},
    {"created_by": "theo"},
    {"created_by": "system"},
    {"created_by": "nobody of that name"},
    *({name: "TODAY"} for name in ("since", "until")),
    *({name: "TODAY"} for name in ("created_since", "created_before")),
    *({name: "TODAY"} for name in ("finished_since", "finished_before")),
    {"status": "bad", "kind": "train", "days": "7", "created_by": "theo"},
]


@pytest.fixture
def jobs_of_all_kinds(theo):
    long_ago = timezone.now() - timedelta(days=9)
    for status in JobStatus.values:
        lease = {"slot": "train-1", "lease_expires_at": long_ago}
        columns = lease if status == "processing" else {}
        a_job(status=status, created_by=theo.user, **columns)
    a_job(status="failed", reason="bad_data", flow="auto")
    a_job(status="failed", kind="seal", finished_at=long_ago, created_at=long_ago)
    a_job(status="dead_letter", discarded_at=timezone.now(), flow="batch")


def test_every_filter_is_among_the_queries():
    assert {name for query in QUERIES for name in query} == set(JobFilters.base_filters)


@pytest.mark.usefixtures("jobs_of_all_kinds")
@pytest.mark.parametrize("query", QUERIES, ids=urlencode)
def test_the_address_of_the_page_is_a_query_of_the_api(theo, query):
    today = timezone.localdate().isoformat()
    asked = {name: today if text == "TODAY" else text for name, text in query.items()}

    items = api("Viewer").get("pipeline/jobs", **asked).json()["items"]

    assert {int(job["id"]) for job in items} == listed(theo, **asked)


@pytest.mark.parametrize("name", ["status", "kind", "days", "discarded", "since"])
def test_a_value_that_cannot_be_read_is_refused_by_the_api_alone(theo, name):
    job = a_job()

    refused = api("Viewer").get("pipeline/jobs", **{name: "nonsense"})

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert name in refused.json()["detail"]
    assert listed(theo, **{name: "nonsense"}) == {job.pk}


def test_what_the_list_is_narrowed_to_stands_above_it(theo):
    words = theo.get(
        JOBS,
        {
            "status": "bad",
            "flow": "auto",
            "created_by": "theo",
            "created_before": "2026-01-31T09:00:00Z",
        },
    ).context["narrowed"]

    assert words[:3] == ["Ended badly", "Auto", "theo"]
    assert words[3].startswith("before ")


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

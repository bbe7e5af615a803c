"""One job as it runs: what is left, what is announced, its log searched, its curves."""

import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.apis import a_job
from tests.mlops.people import browser, by_htmx, text
from training.models import JobAttempt, JobLogLine, JobMetric

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def theo():
    return browser("Operator", "theo")


def path(job):
    return f"/mlops/jobs/{job.pk}/"


def running(progress, *, passed, attempt=1):
    now = timezone.now()
    job = a_job(
        status="processing",
        attempt=attempt,
        progress=progress,
        slot="train-1",
        lease_expires_at=now,
        started_at=now - timedelta(days=2),
    )
    JobAttempt.objects.create(
        job=job, number=attempt, worker="w", started_at=now - timedelta(seconds=passed)
    )
    return job


def write(job, *lines):
    rows = [
        JobLogLine(job=job, seq=place, attempt=1, text=line)
        for place, line in enumerate(lines, 1)
    ]
    JobLogLine.objects.bulk_create(rows)


def words(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html.unescape(page)))


@pytest.mark.parametrize(
    ("progress", "passed", "said"),
    [
        (0.25, 60, "about 3 minutes left"),
        (0.5, 60, "about 1 minute left"),
        (0.9, 60, "less than a minute left"),
        (0.1, 3600, "about 9 hours left"),
        (None, 60, None),
        (0.01, 60, None),
        (0.5, 1, None),
        (1.0, 60, None),
    ],
)
def test_what_is_left_is_said_by_the_speed_of_the_attempt(theo, progress, passed, said):
    job = running(progress, passed=passed, attempt=2)

    shown = words(text(theo.get(path(job))))

    assert (said in shown) if said else " left" not in shown.split("Log")[0]


def test_a_change_is_announced_once_and_a_tick_is_not(theo):
    job = running(0.55, passed=60)

    first = text(theo.get(path(job), headers=HTMX))
    again = text(theo.get(path(job), {"heard": "processing-2"}, headers=HTMX))
    job.move("completed", by="test")
    ended = text(theo.get(path(job), {"heard": "processing-2"}, headers=HTMX))

    announced = '<p id="said" hx-swap-oob="innerHTML">'
    assert f"{announced}Running, 50 % done</p>" in first
    assert f"?heard=processing-2{chr(34)}" in first
    assert announced not in again
    assert f"{announced}Completed</p>" in ended


def test_a_search_shows_each_line_that_matches_with_its_neighbours(theo):
    job = a_job(status="completed")
    write(job, "one", "two", "Loss <0.5>", "four", "five", "six", "loss again")

    page = theo.get(path(job), {"q": "LOSS"})

    shown = [row.line.seq for row in page.context["excerpt"].rows]
    assert shown == [2, 3, 4, 6, 7]
    assert "2 lines contain “LOSS”." in text(page)
    assert "<mark>Loss</mark> &lt;0.5&gt;" in text(page)
    assert f"{path(job)}?line=3#line-3" in text(page)


def test_a_line_is_opened_among_the_lines_around_it(theo):
    job = a_job()
    write(job, *[f"line {number}" for number in range(1, 1001)])

    page = theo.get(path(job), {"line": 500})

    shown = [row.line.seq for row in page.context["excerpt"].rows]
    assert shown == list(range(400, 601))
    assert 'id="line-500"' in text(page)
    assert 'hx-trigger="every 1s"' not in text(page)


def test_a_search_that_finds_much_shows_the_first_and_says_so(theo):
    job = a_job(status="completed")
    write(job, *["the same"] * 1200)

    page = theo.get(path(job), {"q": "same"})

    assert "More than 1,000 lines contain “same”. The first 100:" in text(page)
    assert len(page.context["excerpt"].rows) == 101


@pytest.mark.parametrize("query", ["q=nothing", "q=%25", "line=777"])
def test_a_search_that_finds_nothing_says_so(theo, query):
    job = a_job(status="completed")
    write(job, "one")

    page = theo.get(f"{path(job)}?{query}")

    assert page.context["excerpt"].rows == []
    assert "There is nothing here." in text(page)


@pytest.mark.parametrize("query", ["q=", "line=x", f"line={'9' * 40}"])
def test_a_search_for_nothing_shows_the_live_log(theo, query):
    job = a_job()
    write(job, "one")

    assert 'hx-trigger="every 1s"' in text(theo.get(f"{path(job)}?{query}"))


def test_only_a_log_that_grows_can_be_paused(theo):
    growing, ended = a_job(), a_job(status="completed")

    assert 'data-do="pause"' in text(theo.get(path(growing)))
    assert 'data-do="pause"' not in text(theo.get(path(ended)))


def measure(job, name, count, start=1.0):
    for step in range(count):
        JobMetric.objects.create(
            job=job, attempt=1, name=name, value=start / (step + 1), step=step
        )


def test_the_same_measure_is_drawn_in_one_chart_while_the_job_runs(theo):
    job = running(0.5, passed=60)
    measure(job, "loss", 4)
    measure(job, "eval_loss", 4)
    measure(job, "log_loss_trees", 4)
    measure(job, "learning_rate", 2)

    part = theo.get(path(job), headers=HTMX)

    curves = part.context["curves"]
    assert {
        family: [name for name, _points in series] for family, series in curves.items()
    } == {
        "loss": ["eval_loss", "loss"],
        "log_loss": ["log_loss_trees"],
    }
    assert list(part.context["figures"]) == ["learning_rate"]
    assert text(part).count("<polyline") == 3
    assert 'id="below" hx-swap-oob' in text(part)


def test_the_one_safe_button_stands_beside_the_reason(theo):
    lost = a_job(status="dead_letter", reason="worker_lost", attempt=3)
    bad = a_job(status="failed", reason="bad_data", attempt=1)

    assert 'id="job-retry-now"' in text(theo.get(path(lost)))
    assert 'id="job-retry-now"' not in text(theo.get(path(bad)))
    assert 'id="job-retry-now"' not in text(browser("Viewer").get(path(lost)))


def test_a_job_leads_to_its_entries_in_the_audit_trail(theo):
    job = a_job()
    by_htmx(theo, f"{path(job)}cancel/")

    address = f"/logs/?job={job.pk}"

    assert address in text(theo.get(path(job)))
    assert "Job canceled" in text(theo.get(address))

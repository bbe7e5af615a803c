"""Jobs: counters, one job with its attempts and logs, cancel and retry."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from tests.apis import a_job
from tests.mlops.people import browser, by_htmx, text
from training.models import JobLogLine, JobMetric

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def theo():
    return browser("Operator", "theo")


def path(job, verb=""):
    return f"/mlops/jobs/{job.pk}/" + (f"{verb}/" if verb else "")


def write(job, *lines):
    start = job.log_lines.count()
    for place, line in enumerate(lines, start + 1):
        JobLogLine.objects.create(job=job, seq=place, attempt=1, text=line)


def test_each_counter_is_the_number_of_rows_its_link_shows(theo):
    for status in ("pending", "failed", "failed", "dead_letter", "completed"):
        a_job(status=status)

    page = theo.get("/mlops/jobs/")

    for counter in page.context["counters"]:
        shown = theo.get("/mlops/jobs/", {"status": counter.key})
        assert shown.context["page_obj"].paginator.count == counter.count


def test_a_status_nobody_knows_shows_all(theo):
    a_job()

    shown = theo.get("/mlops/jobs/", {"status": "nonsense"})

    assert shown.context["page_obj"].paginator.count == 1


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("status=waiting", 2),
        ("status=active", 3),
        ("status=failed&reason=bad_data", 1),
        ("status=failed&days=7", 1),
        ("kind=seal", 1),
        ("kind=seal&status=failed", 0),
        ("has_reason=false", 4),
        ("discarded=true", 0),
        ("days=x&discarded=maybe", 6),
        (f"days={'9' * 30}", 6),
    ],
)
def test_the_list_is_narrowed_by_what_the_address_says(theo, query, count):
    for status in ("pending", "retrying", "completed"):
        a_job(status=status)
    lease = {"slot": "train-1", "lease_expires_at": timezone.now()}
    a_job(status="processing", kind="seal", **lease)
    long_ago = timezone.now() - timedelta(days=8)
    a_job(status="failed", reason="trainer_failed", finished_at=long_ago)
    a_job(status="failed", reason="bad_data")

    shown = theo.get(f"/mlops/jobs/?{query}")

    assert shown.context["page_obj"].paginator.count == count
    narrowed = shown.context["narrowed"]
    assert ("Show all" in text(shown)) == bool(narrowed)


@pytest.mark.parametrize(
    ("columns", "states"),
    [
        ({"status": "pending"}, ["now", "ahead", "ahead"]),
        ({"status": "completed"}, ["done", "done", "end-good"]),
        ({"status": "failed"}, ["done", "done", "end-bad"]),
        ({"status": "retrying"}, ["done", "done", "now", "ahead"]),
        ({"status": "canceled"}, ["done", "done", "end-flat"]),
    ],
)
def test_the_boxes_show_where_a_job_has_been_and_is(theo, columns, states):
    started = {} if columns["status"] == "pending" else {"started_at": timezone.now()}
    job = a_job(**columns, **started)

    page = theo.get(path(job))

    assert [box.state for box in page.context["boxes"]] == states


def test_a_job_that_never_started_says_so(theo):
    job = a_job(status="canceled", reason="canceled_by_person")

    assert "never started" in text(theo.get(path(job)))


def test_a_bad_end_is_told_in_words_with_what_to_do(theo):
    job = a_job(
        status="failed",
        reason="bad_data",
        reason_detail="All 40 cases carry the decision “no”.",
    )

    page = text(theo.get(path(job)))

    assert "The trainer could not learn from these cases." in page
    assert "All 40 cases carry the decision" in page
    assert "bad_data" not in page


def test_a_given_up_job_does_not_promise_to_try_again(theo):
    job = a_job(status="dead_letter", reason="worker_lost", attempt=3)

    page = text(theo.get(path(job)))

    assert "It was tried 3 times and given up." in page
    assert "Find out why its workers stopped (memory, restarts), then retry." in page
    assert "nobody needs to" not in page
    assert "tried again by itself" not in page


def test_the_log_comes_line_by_line_and_the_asking_ends_with_the_job(theo):
    job = a_job()
    write(job, "reading", "fitting")
    log = path(job, "log")

    first = theo.get(log, headers=HTMX)
    nothing_new = theo.get(log, {"after": 2}, headers=HTMX)
    write(job, "done")
    job.move("canceled", by="test")
    last = theo.get(log, {"after": 2}, headers=HTMX)

    assert [answer.status_code for answer in (first, nothing_new, last)] == [
        200,
        200,
        286,
    ]
    assert "reading" in text(first)
    assert "?after=2" in text(first)
    assert "reading" not in text(nothing_new)
    assert "done" in text(last)
    assert "hx-get" not in text(last)


@pytest.mark.parametrize("after", ["x", "-1", "9" * 40])
def test_a_place_in_the_log_that_is_none_starts_it_over(theo, after):
    job = a_job()
    write(job, "reading")

    answer = theo.get(path(job, "log"), {"after": after}, headers=HTMX)

    assert "reading" in text(answer)


def test_a_reloaded_page_shows_the_whole_log(theo):
    job = a_job(status="completed")
    write(job, "reading", "fitting")

    page = text(theo.get(path(job)))

    assert "reading" in page
    assert "fitting" in page
    assert "hx-trigger" not in page.split('id="page"')[-1]


def test_log_lines_are_text_not_markup(theo):
    job = a_job()
    write(job, "<img src=x onerror=alert(1)>")

    assert "<img src=x" not in text(theo.get(path(job)))


def test_measures_are_a_table_and_what_has_a_course_is_a_curve(theo):
    job = a_job(status="completed", attempt=1)
    for step in range(5):
        JobMetric.objects.create(
            job=job, attempt=1, name="loss", value=1 / (step + 1), step=step
        )
    JobMetric.objects.create(job=job, attempt=1, name="eval_accuracy", value=0.9)

    page = theo.get(path(job))

    assert list(page.context["curves"]) == ["loss"]
    assert [row.held_out for row in page.context["measured"]] == [0.9]
    assert "<polyline" in text(page)


def test_a_waiting_job_is_canceled_at_once(theo):
    job = a_job()

    answer = by_htmx(theo, path(job, "cancel"))

    job.refresh_from_db()
    assert (answer.status_code, job.status) == (200, "canceled")
    assert "A person canceled it." in text(answer)
    assert 'id="below" hx-swap-oob' in text(answer)


def test_an_ended_job_is_not_canceled(theo):
    job = a_job(status="completed")

    answer = by_htmx(theo, path(job, "cancel"))

    job.refresh_from_db()
    assert (answer.status_code, job.status) == (409, "completed")


def test_a_failed_job_is_retried_as_the_same_job(theo):
    job = a_job(status="failed", reason="trainer_failed", attempt=1)

    with transaction.atomic():
        answer = theo.post(path(job, "retry"))

    job.refresh_from_db()
    assert (answer.status_code, answer.url) == (302, path(job))
    assert (job.status, job.reason) == ("pending", "")


def test_a_completed_job_is_not_retried(theo):
    job = a_job(status="completed")

    answer = theo.post(path(job, "retry"), follow=True)

    job.refresh_from_db()
    assert job.status == "completed"
    assert "can be retried" in text(answer)


@pytest.mark.parametrize("verb", ["cancel", "retry"])
@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Integration"])
def test_only_operators_stop_and_retry(role, verb):
    job = a_job()

    assert browser(role).post(path(job, verb)).status_code == 403
    assert browser("Operator").get(path(job, verb)).status_code == 405


def test_buttons_that_do_nothing_now_are_there_but_disabled(theo):
    job = a_job(status="completed")

    page = text(theo.get(path(job)))

    assert "It has ended already." in page
    assert "It has done its work." in page

"""The page of one job: its attempts, their complete logs, who did what."""

from datetime import timedelta
from functools import partial
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from tests.apis import a_job
from tests.database import refuses
from tests.mlops.people import browser, text
from training.dbrules import TRAINING_RULES, put_up, take_down
from training.execution.attempt_logs import store_log
from training.models import (
    AccessEntry,
    JobAttempt,
    JobEvent,
    JobLogLine,
    JobMetric,
    PipelineJob,
)
from training.models.job_movers import SUBMISSION, Mover

pytestmark = pytest.mark.django_db


@pytest.fixture
def theo():
    return browser("Operator", "theo")


def path(job):
    return f"/mlops/jobs/{job.pk}/"


def attempt(job, number, **columns):
    ended = timezone.now() if columns.get("outcome") else None
    values = {"worker": f"host-{number}:7", "ended_at": ended, **columns}
    return JobAttempt.objects.create(job=job, number=number, **values)


def content(answer):
    return b"".join(answer.streaming_content)


def write(job, *lines):
    start = job.log_lines.count()
    for place, line in enumerate(lines, start + 1):
        JobLogLine.objects.create(job=job, seq=place, attempt=1, text=line)


def test_the_whole_log_is_there_as_text(theo):
    job = a_job(status="completed")
    write(job, "<b>reading</b>", "fitting")

    answer = theo.get(f"{path(job)}log.txt")

    assert content(answer) == b"<b>reading</b>\nfitting\n"
    assert answer["Content-Type"].startswith("text/plain")
    assert f'attachment; filename="job-{job.pk}.txt"' in answer["Content-Disposition"]


def test_the_log_of_an_attempt_is_the_complete_one_that_was_kept(theo, tmp_path):
    job = a_job(status="completed", attempt=1)
    tried = attempt(job, 1, outcome="completed", directory=str(tmp_path))
    (tmp_path / "log.txt").write_bytes(b"line\n" * 50_000 + b"no UTF-8: \xff\n")
    store_log(tried)
    write(job, "line", "... lines are left out here")
    (tmp_path / "log.txt").unlink()

    answer = theo.get(f"{path(job)}attempts/1/log.txt")

    assert content(answer) == b"line\n" * 50_000 + b"no UTF-8: \xff\n"
    assert answer["Content-Type"].startswith("text/plain")
    assert answer["Content-Disposition"].startswith("attachment")
    assert content(theo.get(f"{path(job)}log.txt")) == b"line\n" * 50_000 + (
        b"no UTF-8: \xff\n"
    )


def test_who_took_a_log_along_is_on_record(theo):
    job = a_job(status="completed", attempt=1)
    attempt(job, 1, outcome="completed")

    theo.get(f"{path(job)}log.txt")
    theo.get(f"{path(job)}attempts/1/log.txt")

    rows = AccessEntry.objects.filter(kind="export").order_by("pk")
    told = [(row.person, row.subject_type, row.subject_id) for row in rows]
    assert told == [(theo.user, "pipelinejob", str(job.pk))] * 2
    assert {row.route.rsplit("/", 1)[-1] for row in rows} == {"log.txt"}


def test_a_log_is_not_given_where_that_cannot_be_written_down(theo):
    job = a_job(status="completed")
    theo.raise_request_exception = False

    def broken(execute, sql, params, many, context):
        if "INTO" in sql and "training_accessentry" in sql:
            raise OSError("no disk")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(broken):
        assert theo.get(f"{path(job)}log.txt").status_code == 500
    assert theo.get(f"{path(job)}log.txt").status_code == 200


def test_where_the_file_is_gone_the_stored_lines_of_the_attempt_are_given(theo):
    job = a_job(status="completed", attempt=2)
    attempt(job, 1, outcome="retrying", log_name="logs/gone.log.gz")
    attempt(job, 2, outcome="completed")
    write(job, "first try")
    JobLogLine.objects.create(job=job, seq=2, attempt=2, text="second try")

    first = theo.get(f"{path(job)}attempts/1/log.txt")
    whole = theo.get(f"{path(job)}log.txt")

    assert content(first) == b"first try\n"
    assert content(whole) == (
        b"=== Attempt 1 ===\nfirst try\n=== Attempt 2 ===\nsecond try\n"
    )


def test_an_attempt_that_never_was_has_no_log(theo):
    job = a_job()

    assert theo.get(f"{path(job)}attempts/1/log.txt").status_code == 404


def test_an_attempt_tells_how_long_it_waited_and_ran_and_what_it_measured(theo):
    start = timezone.now() - timedelta(minutes=10)
    job = a_job(status="completed", attempt=2, created_at=start)
    first = start + timedelta(seconds=7)
    attempt(job, 1, outcome="retrying", reason="worker_lost", started_at=first)
    lost = first + timedelta(seconds=45)
    JobEvent.objects.create(job=job, attempt=1, became="retrying", by="x", at=lost)
    attempt(job, 2, outcome="completed", started_at=lost + timedelta(seconds=11))
    for number, value in ((1, 0.5), (2, 0.8), (2, 0.9)):
        JobMetric.objects.create(
            job=job, attempt=number, name="eval_auc", value=value, step=int(value * 10)
        )

    second, earlier = theo.get(path(job)).context["attempts"]

    assert second.attempt.started_at - second.waited_since == timedelta(seconds=11)
    assert earlier.attempt.started_at - earlier.waited_since == timedelta(seconds=7)
    assert (second.figures, earlier.figures) == ({"eval_auc": 0.9}, {"eval_auc": 0.5})
    assert (second.is_rescue, earlier.is_rescue) == (True, False)
    page = text(theo.get(path(job)))
    assert page.count("rescued after a lost worker") == 1
    assert f"{path(job)}attempts/2/log.txt" in page


def event(job, mover, **columns):
    return JobEvent.objects.create(
        job=job, by=mover.by, role=mover.role, worker=mover.worker, **columns
    )


def test_a_worker_may_be_called_as_it_likes(theo):
    job = a_job()
    event(job, Mover("worker", "reaper on fire:7"), attempt=1, became="processing")

    (line,) = theo.get(path(job)).context["history"]

    assert line.who == "worker reaper on fire:7"


def test_what_older_versions_told_in_words_is_said_as_before(theo, rules_down):
    """Rows as they were written before who and what were columns; then the upgrade."""
    job = a_job()
    old = [
        ("submission", {"attempt": 0, "became": "pending"}),
        ("host-a:7", {"attempt": 1, "became": "processing"}),
        ("reaper on host-b:9", {"attempt": 1, "became": "retrying"}),
        ("person", {"attempt": 1, "became": "pending", "actor": theo.user}),
        ("host-b:9", {"attempt": 1, "note": "late result"}),
        ("worker", {"attempt": 1, "note": "metrics left out"}),
        ("host-b:9", {"attempt": 2, "note": "somebody else's words"}),
    ]
    for by, columns in old:
        JobEvent.objects.create(job=job, by=by, **columns)
    attempt(job, 1, worker="host-a:7")

    fill = import_module("training.migrations.0034_fill_job_event_roles").fill
    fill(apps, connection.schema_editor())

    rows = JobEvent.objects.values_list("role", "worker", "warning")
    assert list(rows) == [
        ("submission", "", ""),
        ("worker", "host-a:7", ""),
        ("reaper", "host-b:9", ""),
        ("person", "", ""),
        ("worker", "host-b:9", "late_result"),
        ("worker", "", "metrics_left_out"),
        ("worker", "host-b:9", ""),
    ]
    lines = theo.get(path(job)).context["history"][::-1]
    assert [line.who for line in lines] == [
        "the system",
        "worker host-a:7",
        "noticed by worker host-b:9",
        "theo",
        "worker host-a:7",
        "worker worker",
        "worker host-b:9",
    ]
    assert "The result was not used." in lines[4].what
    assert lines[6].what == "somebody else's words"
    by = JobEvent.objects.values_list("by", flat=True)
    assert list(by) == [by for by, _columns in old]


@pytest.fixture
def rules_down():
    """As while an installation is upgraded."""
    take_down(TRAINING_RULES)
    yield
    put_up(TRAINING_RULES)


def test_the_database_knows_every_role_and_warning():
    job = a_job()
    for columns in ({"role": "cook"}, {"warning": "rain"}):
        refuses(partial(JobEvent.objects.create, job=job, attempt=1, by="x", **columns))


def test_a_step_is_read_in_the_readers_language_and_a_note_as_it_came(theo):
    job = a_job(
        status="processing",
        slot="train-1",
        attempt=1,
        lease_expires_at=timezone.now() + timedelta(minutes=5),
        progress=0.4,
        progress_note="Comparing kinds of model: round 3 of 15",
        progress_step={"code": "comparing", "params": {"number": 3, "rounds": 15}},
    )
    korean = {"Accept-Language": "ko"}

    assert "round 3 of 15" in text(theo.get(path(job)))
    assert "15회 중 3회" in text(theo.get(path(job), headers=korean))

    for step in ({}, {"code": "mine"}, {"code": "comparing", "params": {"number": 3}}):
        PipelineJob.objects.update(progress_note="Done", progress_step=step)
        assert ">Done<" in text(theo.get(path(job), headers=korean))


def test_the_history_says_who_in_words(theo):
    job = a_job()
    worker = "host-a:7"
    moves = [
        ("", "pending", SUBMISSION, {"actor": theo.user}),
        ("pending", "processing", Mover("worker", worker), {"attempt": 1}),
        ("processing", "retrying", Mover("reaper", "host-b:9"), {"attempt": 1}),
        ("retrying", "processing", Mover("worker", "host-b:9"), {"attempt": 2}),
    ]
    for was, became, mover, columns in moves:
        values = {"attempt": 0, "was": was, "became": became, **columns}
        event(job, mover, **values)
    attempt(job, 1, worker=worker)
    attempt(job, 2, worker="host-b:9")
    event(job, Mover("worker", "host-b:9"), attempt=1, warning="late_result")

    lines = theo.get(path(job)).context["history"]

    assert [(line.who, str(line.what)) for line in lines][1:] == [
        ("worker host-b:9", "Running"),
        ("noticed by worker host-b:9", "Waiting to try again"),
        ("worker host-a:7", "Running"),
        ("theo", "Waiting"),
    ]
    assert lines[0].is_warning
    assert lines[0].who == "worker host-a:7"
    assert "The result was not used." in lines[0].what
    assert "late result" not in text(theo.get(path(job)))


def test_a_job_that_its_worker_stopped_names_who_asked_for_it(theo):
    job = a_job(status="canceled", cancel_requested_by=theo.user)
    JobEvent.objects.create(job=job, attempt=1, became="canceled", by="host-a:7")

    (line,) = theo.get(path(job)).context["history"]

    assert line.who == "worker host-a:7, asked by theo"

"""What is kept of a log: in the database, in the store, and without secrets."""

import gzip
import json
import os
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from preciso import limits
from tests.apis import a_job
from training.choices import JobKind, JobStatus
from training.errors import StaleState
from training.execution import (
    claim_next,
    endings,
    job_handlers,
    logbook,
    run_claimed,
    work,
)
from training.execution.attempt_logs import open_log, store_log, tidy_attempts
from training.execution.job_handlers import JobFailed, JobProgress, JobResult
from training.execution.logbook import Logbook, clean
from training.execution.supervisor import Tail, TrainerEvents
from training.models import JobMetric, PipelineJob

SECRET = "s3cret-of-the-company"


@pytest.fixture
def job(db):
    return a_job()


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(logbook, "HEAD_LINES", 4)
    monkeypatch.setattr(logbook, "TAIL_LINES", 3)


@pytest.fixture
def attempt(db):
    """The attempt of a claimed job, with a log on this machine's disk."""
    a_job()
    made = claim_next().attempts.get()
    Path(made.directory).mkdir(parents=True)
    Path(made.directory, "log.txt").write_bytes(b"one\ntwo\n")
    return made


def shown(rows):
    return [row.text for row in rows]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"\x1b[1;31mred\x1b[0m alert", "red alert"),
        (b"\x1b]0;title\x07epoch 1", "epoch 1"),
        (b"a\x00b", "ab"),
        (b"10%\r50%\r100%", "100%"),
        (b"windows\r", "windows"),
        (b"caf\xe9", "caf�"),
        ("보류".encode(), "보류"),
        (b"col\tumn", "col\tumn"),
    ],
)
def test_a_line_is_cleaned_for_people(line, text):
    assert clean(line) == text


def test_secrets_are_redacted_wherever_text_is_stored(db, settings):
    settings.SECRETS = [SECRET]

    def tells(context):
        context.report(
            lines=[f"key {SECRET}"], progress=JobProgress(0.5, f"with {SECRET}")
        )
        raise JobFailed("trainer_failed", f"no {SECRET}", f"trace {SECRET}")

    with handler(tells):
        job = a_job()
        work()
    job.refresh_from_db()
    stored = [job.progress_note, job.reason_detail, job.trace, job.log_lines.get().text]
    stored.append(job.attempts.get().trace)
    assert all("[redacted]" in text and SECRET not in text for text in stored), stored


@contextmanager
def handler(function):
    """It does the work of training jobs for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(job_handlers._handlers, JobKind.TRAIN, function)
        yield


def test_a_short_log_is_stored_whole(job, small):
    book = Logbook(job, 0)
    rows = book.rows([b"a", b"b"]) + book.rows([b"c"]) + book.closing_rows()
    assert shown(rows) == ["a", "b", "c"]
    assert [row.seq for row in rows] == [1, 2, 3]


def test_a_long_log_keeps_head_and_tail_and_says_what_is_left_out(job, small):
    book = Logbook(job, 7)
    rows = []
    for number in range(0, 20, 5):
        rows += book.rows([f"{n}".encode() for n in range(number, number + 5)])
    rows += book.closing_rows()
    assert shown(rows) == [
        *["0", "1", "2", "3"],
        "... 13 lines are left out here; the complete log has them",
        *["17", "18", "19"],
    ]
    assert [row.seq for row in rows] == list(range(8, 16))
    assert book.closing_rows() == []


def test_one_huge_portion_is_counted_as_well(job, small):
    book = Logbook(job, 0)
    rows = book.rows([f"{n}".encode() for n in range(1000)]) + book.closing_rows()
    assert shown(rows)[4].startswith("... 993 lines")
    assert shown(rows)[-1] == "999"


def test_a_tail_gives_whole_lines_and_splits_endless_ones(tmp_path):
    log = tmp_path / "log.txt"
    tail = Tail(log)
    assert tail.lines() == []
    log.write_bytes(b"one\ntw")
    assert tail.lines() == [b"one"]
    with log.open("ab") as more:
        more.write(b"o\n" + b"x" * 40_000)
    lines = tail.lines()
    assert lines[0] == b"two"
    assert [len(line) for line in lines[1:]] == [1 << 14, 1 << 14]
    assert len(tail.lines(final=True)[0]) == 40_000 - (2 << 14)


@pytest.mark.parametrize(
    "line",
    [
        b"no json",
        b"[]",
        b"7",
        b"[" * 20_000,
        b'{"type": "metric", "name": "loss"}',
        b'{"type": "metric", "name": "loss", "value": NaN}',
        b'{"type": "metric", "name": "loss", "value": 1, "step": 1e300}',
        b'{"type": "metric", "name": "loss", "value": 1, "step": 9223372036854775808}',
        b'{"type": "progress", "fraction": "much"}',
        b'{"type": "report", "report": 5}',
    ],
)
def test_a_line_that_is_no_event_is_passed_over(line):
    events = TrainerEvents()
    events.read([line, b'{"type": "metric", "name": "loss", "value": 0.5, "step": 2}'])
    assert events.take_unreported() == ([("loss", 0.5, 2)], None)


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ({}, {}),
        ({"code": "mine"}, {"code": "mine", "params": {}}),
        ({"code": "c" * 41}, {}),
        ({"code": 5}, {}),
        ({"params": {"round": 3}}, {}),
        (
            {"code": "x", "params": {"a": 1, "b": "t", "c": [1], "d": None, "e": {}}},
            {"code": "x", "params": {"a": 1, "b": "t"}},
        ),
        (
            {"code": "x", "params": {f"p{n}": n for n in range(50)}},
            {"code": "x", "params": {f"p{n}": n for n in range(8)}},
        ),
    ],
)
def test_a_step_is_a_short_code_with_few_flat_parameters(said, step):
    events = TrainerEvents()
    events.read([json.dumps({"type": "progress", "note": "n", **said}).encode()])
    assert events.progress == JobProgress(None, "n", step)


def test_a_metric_without_a_finite_value_is_left_out_and_told():
    events = TrainerEvents()
    for value in (b"NaN", b"1e999", b"-Infinity", b"0.5"):
        events.read([b'{"type": "metric", "name": "loss", "value": %s}' % value])
    (line,) = events.close()
    assert line.startswith("... 3 values of metrics are left out")
    assert events.final == {"loss": 0.5}


def test_an_endless_parameter_is_left_out():
    events = TrainerEvents()
    line = b'{"type": "progress", "code": "x", "params": {"a": 1e999, "b": 0.5}}'
    events.read([line])
    assert events.progress.step == {"code": "x", "params": {"b": 0.5}}


def test_what_no_database_takes_is_taken_out_of_events(job):
    events = TrainerEvents()
    events.read(
        [
            rb'{"type": "metric", "name": "lo\u0000ss\ud800", "value": 1}',
            rb'{"type": "error", "message": "a\u0000b"}',
            rb'{"type": "report", "report": {"k\u0000": ["\ud800", NaN]}}',
        ]
    )
    (metric,), _ = events.take_unreported()
    JobMetric.objects.create(job=job, attempt=1, name=metric[0], value=metric[1])
    assert metric[0] == "loss?"
    assert events.error == "ab"
    assert events.report == {"k": ["?", None]}


def measures(names, values=1):
    return [
        b'{"type": "metric", "name": "m%d", "value": %d}' % (name, value)
        for value in range(values)
        for name in names
    ]


def test_names_of_metrics_beyond_the_bound_are_counted_and_cost_nothing():
    events = TrainerEvents()
    events.read(measures(range(limits.METRICS)))
    kept = dict(events.final)

    for start in range(1000, 101_000, 20_000):
        events.read(measures(range(start, start + 20_000)))
    events.read(measures([0], values=8))

    assert set(events.final) == set(kept)
    assert events.final["m0"] == 7
    assert len(events.metrics) == limits.METRICS + 8
    (line,) = events.close()
    assert line.startswith("... 100,000 values of metrics are left out")


def test_a_course_that_is_too_long_ends_with_its_last_value(monkeypatch):
    monkeypatch.setattr(limits, "METRIC_VALUES", 10)
    events = TrainerEvents()
    events.read(measures([1, 2], values=20))

    (line,) = events.close()

    metrics, _progress = events.take_unreported()
    assert len(metrics) == 10 + 2
    assert metrics[-2:] == [("m1", 19, 0), ("m2", 19, 0)]
    assert line.startswith("... 28 values of metrics are left out")
    assert events.final == {"m1": 19, "m2": 19}


def test_where_everything_is_kept_nothing_is_said():
    events = TrainerEvents()
    events.read(measures(range(3), values=5))
    assert events.close() == []
    assert len(events.metrics) == 15


def test_a_kept_log_is_whole_compressed_and_without_secrets(attempt, settings):
    settings.SECRETS = [SECRET]
    path = Path(attempt.directory, "log.txt")
    path.write_bytes(b"x" * (1 << 20) + f"{SECRET}\nlast\n".encode())
    ticks = []
    store_log(attempt, lambda: ticks.append(1))
    kept = settings.DATA_DIR / "artifacts" / attempt.log_name
    content = gzip.decompress(kept.read_bytes())
    assert content == b"x" * (1 << 20) + b"[redacted]\nlast\n"
    assert ticks
    name = attempt.log_name
    store_log(attempt)
    assert attempt.log_name == name


def test_the_whole_log_is_read_from_the_store_once_its_machine_is_gone(attempt):
    assert b"".join(open_log(attempt)) == b"one\ntwo\n"
    store_log(attempt)
    Path(attempt.directory, "log.txt").unlink()
    assert b"".join(open_log(attempt)) == b"one\ntwo\n"


def test_an_attempt_without_a_log_has_an_empty_one(db):
    a_job()
    attempt = claim_next().attempts.get()
    store_log(attempt)
    assert b"".join(open_log(attempt)) == b""


def test_tidying_keeps_what_runs_and_what_failed_of_late(attempt):
    assert tidy_attempts() == 0
    job = PipelineJob.objects.get()
    endings.fail(job, JobFailed("trainer_failed"))
    assert tidy_attempts() == 0
    assert Path(attempt.directory).is_dir()


def test_tidying_stores_a_dead_workers_log_before_it_removes_anything(attempt):
    endings.fail(PipelineJob.objects.get(), JobFailed("trainer_failed"))
    tidy_attempts(older_than=timedelta(seconds=-1))
    assert not Path(attempt.directory).exists()
    attempt.refresh_from_db()
    assert b"".join(open_log(attempt)) == b"one\ntwo\n"


def test_tidying_removes_completed_work_and_directories_nobody_knows(attempt, settings):
    stray = settings.DATA_DIR / "attempts" / "job-999" / "attempt-1"
    stray.mkdir(parents=True)
    store_log(attempt)
    endings.complete(PipelineJob.objects.get(), JobResult())
    assert tidy_attempts() == 2
    assert not Path(attempt.directory).exists()


def test_an_attempt_that_takes_longer_than_its_deadline_is_ended(db, settings):
    with handler(lambda context: context.check() or JobResult()):
        job = a_job(deadline_seconds=0, max_attempts=1)
        work()
    job.refresh_from_db()
    assert (job.status, job.reason) == (JobStatus.DEAD_LETTER, "timeout")


def test_without_a_deadline_of_its_own_the_settings_hold(db, settings):
    settings.JOB_DEADLINE_SECONDS = -1
    with handler(lambda context: context.check() or JobResult()):
        job = a_job()
        work()
    job.refresh_from_db()
    assert (job.status, job.reason) == (JobStatus.RETRYING, "timeout")


def test_a_stopping_worker_gives_half_of_the_grace_to_finish_in(db, settings):
    settings.JOB_CANCEL_GRACE_SECONDS = 1000

    def finishes(context):
        before = context.grace
        context.check()
        return JobResult(output={"grace": [before, context.grace]})

    with handler(finishes):
        a_job()
        job = claim_next()
        run_claimed(job, stopping=lambda: True)
    job.refresh_from_db()
    assert (job.status, job.output) == ("completed", {"grace": [1000, 500]})


def test_what_the_database_computed_is_there_when_it_is_asked_for(db):
    a_job()
    job = claim_next()
    assert job.lease_expires_at > timezone.now()
    with pytest.raises(StaleState):
        PipelineJob.objects.get().move(JobStatus.PENDING, by="nobody")
    assert os.path.basename(job.attempts.get().directory) == "attempt-1"

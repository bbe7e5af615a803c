"""Jobs with their runs, moves and logs; model versions, and when they served."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection

from benchmarks.pages_data.bulk_rows import Row, pour
from benchmarks.pages_data.history import Past
from mlops.choices import OutboxKind, PeriodKind
from mlops.models import (
    ModelVersion,
    OutboxEvent,
    Prediction,
    PromotionDecision,
    ServingPeriod,
)
from training.choices import JOB_ENDED, JOB_HANDICAP, JobFlow, JobKind, JobStatus
from training.models import BudgetEntry, PipelineJob, TrainingRun, WorkerBeat

LOG_LINES = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)
    INSERT INTO training_joblogline (job_id, seq, attempt, text)
    SELECT job.id, n.i, 1, 'epoch ' || n.i || ': loss 0.3821, 1200 rows in 0.8 s'
    FROM training_pipelinejob job CROSS JOIN n WHERE job.id BETWEEN %s AND %s
        AND job.id IN (SELECT job_id FROM training_trainingrun
                       WHERE model_version_id IS NOT NULL)
"""
ATTEMPTS = """
    INSERT INTO training_jobattempt (job_id, number, worker, started_at, ended_at,
                                     outcome, reason, trace, log_name, directory)
    SELECT id, 1, worker, started_at, finished_at, status, reason, '', '', ''
    FROM training_pipelinejob WHERE started_at IS NOT NULL
"""
MOVES = """
    INSERT INTO training_jobevent (job_id, at, attempt, was, became, by, reason, note)
    SELECT id, created_at, 0, '', 'pending', worker, '', '' FROM training_pipelinejob
    UNION ALL
    SELECT id, started_at, 1, 'pending', 'processing', worker, '', ''
    FROM training_pipelinejob WHERE started_at IS NOT NULL
    UNION ALL
    SELECT id, finished_at, 1, 'processing', status, worker, reason, ''
    FROM training_pipelinejob WHERE started_at IS NOT NULL
"""
METRICS = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
    INSERT INTO training_jobmetric (job_id, attempt, name, value, step, at)
    SELECT job.id, 1, 'log_loss_trees', 0.6 - n.i * 0.005, n.i, job.finished_at
    FROM training_trainingrun run JOIN training_pipelinejob job ON job.id = run.job_id
    CROSS JOIN n WHERE run.model_version_id IS NOT NULL
"""
WAITING, RETRYING = 160, 9  # of the newest jobs
MEASURED: dict[str, Any] = {
    "n": 476,
    "accuracy": 0.9,
    "balanced_accuracy": 0.8,
    "auc": 0.85,
    "log_loss": 0.28,
    "brier": 0.08,
    "confusion": {"labels": ["no", "yes"], "counts": [[400, 19], [26, 31]]},
}
JUDGED = [
    {
        "rule": "enabled",
        "value": True,
        "limit": True,
        "ok": True,
        "next_possible": None,
    },
    {
        "rule": "enough_cases",
        "value": 80,
        "limit": 100,
        "ok": False,
        "next_possible": None,
    },
]


def pour_trainings(past: Past) -> None:
    pour(PipelineJob, (_job(past, place) for place in range(1, past.jobs + 1)))
    pour(TrainingRun, (_run(past, place) for place in range(2, past.jobs + 1, 2)))
    WorkerBeat.objects.create(name="bench:1", host="bench", pid=1)
    newest = _every(past) * past.versions
    with connection.cursor() as cursor:
        cursor.execute(ATTEMPTS)
        cursor.execute(MOVES)
        cursor.execute(METRICS)
        # A fifth of all lines in one log, the others a thousand each.
        last = newest - _every(past)
        first = last - past.lines * 4 // 5 // 1000 * _every(past)
        cursor.execute(LOG_LINES, [1000, first, last])
        cursor.execute(LOG_LINES, [past.lines // 5, last, newest])
    places = range(1, past.versions + 1)
    pour(ModelVersion, (_version(past, place) for place in places))
    pour(ServingPeriod, _periods(past))
    pour(PromotionDecision, (_promotion(past, place) for place in places))
    pour(OutboxEvent, (_told(past, place) for place in places))
    pour(BudgetEntry, (_budget(past, place) for place in places))
    pour(Prediction, _predictions(past))


def _every(past: Past) -> int:
    """Each so many-th job made a model version."""
    return past.jobs // past.versions


def _version_of(past: Past, place: int) -> int | None:
    """The version that the job at this place made, if it made one."""
    every = _every(past)
    return place // every + 1 if place % every == every // 2 else None


def _job_of(past: Past, version: int) -> int:
    return (version - 1) * _every(past) + _every(past) // 2


def _state(past: Past, place: int) -> tuple[str, str]:
    """Status and reason: every seal went well, of the trainings every kind is there."""
    left = past.jobs - place
    if _version_of(past, place):
        return JobStatus.COMPLETED, ""
    if left < WAITING:
        return (JobStatus.RETRYING if left < RETRYING else JobStatus.PENDING), ""
    if place % 2:
        return JobStatus.COMPLETED, ""
    if place % 10 == 6:
        return JobStatus.FAILED, "bad_data"
    if place % 10 == 8:
        return JobStatus.DEAD_LETTER, ("worker_lost", "timeout")[place % 20 == 8]
    reason = "training_disabled" if place % 10 == 2 else "canceled"
    return JobStatus.CANCELED, reason


def _job(past: Past, place: int) -> Row:
    status, reason = _state(past, place)
    at = past.moment(place, past.jobs)
    ended = status in JOB_ENDED
    aside = status == JobStatus.DEAD_LETTER and place % 400 != 8
    flow = list(JobFlow)[place % 3]
    return {
        "id": place,
        "kind": JobKind.SEAL if place % 2 else JobKind.TRAIN,
        "flow": flow,
        "rank_at": at + JOB_HANDICAP[flow],
        "status": status,
        "reason": reason,
        "attempt": int(ended),
        "input": '{"dataset_version_id": "1"}',
        "worker": "bench:1",
        "run_after": at,
        "created_at": at,
        "started_at": at if ended else None,
        "finished_at": at + timedelta(minutes=3) if ended else None,
        "discarded_at": at + timedelta(hours=1) if aside else None,
        "created_by_id": past.reviewer(place).pk,
    }


def _run(past: Past, place: int) -> Row:
    return {
        "id": place,
        "job_id": place,
        "dataset_version_id": 1 + place * (past.datasets - 2) // past.jobs,
        "model_name": "loans",
        "trainer": "decision",
        "scope": "all",
        "metrics": '{"accuracy": 0.9}',
        "artifact_prefix": f"runs/{place}",
        "artifact_sha256": f"{place:064x}",
        "model_version_id": _version_of(past, place),
    }


def _version(past: Past, place: int) -> Row:
    at = past.moment(place, past.versions)
    return {
        "id": place,
        "name": "loans",
        "version": place,
        "run_id": _job_of(past, place),
        "flavor": "decision",
        "sha256": f"{_job_of(past, place):064x}",
        "metrics": MEASURED,
        "evaluation": {"candidate": MEASURED, "champion": {"metrics": MEASURED}},
        "problem": "quarantined" if place % 50 == 3 else "",
        "created_at": at,
        "checked_at": at,
    }


def _periods(past: Past) -> Iterator[Row]:
    count = past.periods
    for place in range(1, count + 1):
        yield {
            "id": place,
            "model_version_id": past.versions - count + place,
            "since": past.moment(place, count + 1),
            "until": past.moment(place + 1, count + 1) if place < count else None,
            "by_id": past.admin.pk,
            "reason": "Better on the held-out cases.",
            "kind": PeriodKind.SELECT,
            "follows_id": place - 1 or None,
            "below_id": place - 1 or None,
        }


def _promotion(past: Past, place: int) -> Row:
    return {
        "at": past.moment(place, past.versions),
        "model_version_id": place,
        "promoted": False,
        "rules": JUDGED,
    }


def _told(past: Past, place: int) -> Row:
    return {
        "kind": OutboxKind.VERSION_REGISTERED,
        "key": f"version:{place}",
        "delivered_at": past.moment(place, past.versions),
    }


def _budget(past: Past, place: int) -> Row:
    at = past.moment(place, past.versions)
    return {
        "job_id": _job_of(past, place),
        "charged_on": at.date().isoformat(),
        "reserved_minutes": 4.0,
        "minutes": 3.0,
        "price_per_minute": "0",
        "settled_at": at,
    }


def _predictions(past: Past) -> Iterator[Row]:
    for place in range(1, past.decided + 1):
        yield {
            "external_id": f"S-{place}",
            "model_version_id": past.versions,
            "decision": past.decision(place),
            "confidence": 0.9,
            "facts_sha256": f"{place:064x}",
            "at": past.moment(place, past.decided),
            "by_id": past.admin.pk,
        }

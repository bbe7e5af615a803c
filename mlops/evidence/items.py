"""What an evidence pack says of one model version, as JSON: all but the long lists.

The fields are listed by name, so that no new one gets in unnoticed: groups of a
fairness report and other protected attributes stay outside.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.forms.models import model_to_dict

from mlops.models import ModelVersion, PromotionDecision, ServingPeriod
from training.models import DatasetVersion, JobAttempt, JobEvent
from training.records import exported_record
from training.services.datasets.figures import counts

Json = dict[str, Any]
EVALUATED = (
    "held_out", "candidate", "intervals", "calibration", "commonest", "champion",
    "segments",
)  # fmt: skip
COMPARED = (
    "model_version", "cases", "left_out", "resamples", "confidence", "seed",
    "differences", "recalls", "disagreement",
)  # fmt: skip
RUN = (
    "model_name", "trainer", "scope", "training_args", "local_model_path", "notes",
    "metrics",
)  # fmt: skip
JOB = ("kind", "flow", "status", "attempt", "max_attempts", "reason", "reason_detail")
EVENT = ("attempt", "was", "became", "by", "reason", "note")
ATTEMPT = ("number", "worker", "outcome", "reason")


def moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def label(person: User | None) -> str:
    """As the audit trail names people; nobody is the system itself."""
    return person.get_username() if person else "system"


def version_reference(version: ModelVersion | None) -> Json | None:
    if version is None:
        return None
    return {"id": version.pk, "name": version.name, "version": version.version}


def version_item(version: ModelVersion) -> Json:
    return {
        "id": version.pk,
        "name": version.name,
        "version": version.version,
        "flavor": version.flavor,
        "sha256": version.sha256,
        "run": version.run_id,
        "created_at": moment(version.created_at),
        "may_serve": version.is_eligible,
        "problem": version.problem,
        "problem_detail": version.problem_detail,
        "record": exported_record(version),
    }


def metrics_item(version: ModelVersion) -> Json:
    """Measured on held-out cases; beside the champion, if one served then."""
    evaluation = version.evaluation or {}
    return {
        "metrics": version.metrics,
        "evaluation": _only(evaluation, EVALUATED),
        "comparison": _only(evaluation.get("comparison") or {}, COMPARED) or None,
    }


def _only(source: Json, names: Iterable[str]) -> Json:
    return {name: source[name] for name in names if name in source}


def promotion_item(version: ModelVersion) -> Json | None:
    """Every rule of automatic promotion; None: it was never judged."""
    decision = (
        PromotionDecision.objects.filter(model_version=version)
        .select_related("champion")
        .first()
    )
    if decision is None:
        return None
    return {
        "record": exported_record(decision),
        "at": moment(decision.at),
        "champion": version_reference(decision.champion),
        "promoted": decision.promoted,
        "period": decision.period_id,
        "rules": decision.rules,
    }


def periods_of(version: ModelVersion) -> list[ServingPeriod]:
    """When it served, oldest first, each with the period that ended it."""
    periods = ServingPeriod.objects.filter(model_version=version).order_by("since")
    ended_by = "followed_by__model_version", "followed_by__by"
    return list(periods.select_related("by", *ended_by))


def serving_item(periods: Iterable[ServingPeriod]) -> list[Json]:
    return [
        {
            **_period(period),
            "until": moment(period.until),
            "record": exported_record(period),
            "ended_by": _period(getattr(period, "followed_by", None)),
        }
        for period in periods
    ]


def _period(period: ServingPeriod | None) -> Json:
    if period is None:
        return {}
    return {
        "id": period.pk,
        "model_version": version_reference(period.model_version),
        "since": moment(period.since),
        "by": label(period.by),
        "kind": period.kind,
        "reason": period.reason,
    }


def run_item(version: ModelVersion) -> Json:
    """The run and its job: every move, every attempt."""
    run, job = version.run, version.run.job
    return {
        "id": run.pk,
        "dataset_version": run.dataset_version_id,
        **model_to_dict(run, RUN),
        "record": exported_record(run),
        "job": {
            "id": job.pk,
            **model_to_dict(job, JOB),
            "created_by": label(job.created_by),
            "created_at": moment(job.created_at),
            "started_at": moment(job.started_at),
            "finished_at": moment(job.finished_at),
            "history": [
                _event(event)
                for event in job.events.select_related("actor").order_by("pk")
            ],
            "attempts": [_attempt(each) for each in job.attempts.order_by("number")],
        },
    }


def _event(event: JobEvent) -> Json:
    person = event.actor.get_username() if event.actor else None
    columns = model_to_dict(event, EVENT)
    return {"id": event.pk, "at": moment(event.at), "person": person, **columns}


def _attempt(attempt: JobAttempt) -> Json:
    return {
        **model_to_dict(attempt, ATTEMPT),
        "started_at": moment(attempt.started_at),
        "ended_at": moment(attempt.ended_at),
    }


def artifacts_item(version: ModelVersion) -> Json:
    """``sha256`` is over the sorted [path, size, sha256] of the files, as JSON."""
    return {"sha256": version.sha256, "files": version.run.artifacts}


def dataset_item(dataset: DatasetVersion) -> Json:
    """What was sealed: ``sha256`` is of the exported file."""
    return {
        "id": dataset.pk,
        "number": dataset.number,
        "name": dataset.name,
        "sha256": dataset.sha256,
        "samples": dataset.sample_count,
        "counts": counts(dataset),
        "created_at": moment(dataset.created_at),
        "frozen_at": moment(dataset.frozen_at),
        "sealed_at": moment(dataset.sealed_at),
        "sealed_by": label(dataset.sealed_by),
        "record": exported_record(dataset),
    }

"""Delivers the outbox to MLflow, in order and at least once; MLflow shows it once.

An event that fails is tried again after growing pauses and holds up nothing else. While
MLflow does not answer at all, all events that are due wait together.
"""

import logging
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from mlops.choices import OutboxKind
from mlops.mirror.error_codes import NotYet, trouble_of
from mlops.mirror.mlflow_client import (
    MetricPoint,
    MlflowRun,
    RunRecord,
    Store,
    Unreachable,
    as_text,
)
from mlops.models import (
    MirroredExperiment,
    MirroredVersion,
    ModelVersion,
    OutboxEvent,
    ServingPeriod,
)
from preciso.clock import DatabaseNow
from training.artifacts import ArtifactChanged, ArtifactMissing, fetch_directory
from training.models import JobMetric, TrainingRun
from training.services.runs.submissions import note_mlflow_run

logger = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(minutes=5)
ERROR_LENGTH = 2000

Result = dict[str, Any]


def deliver_due(store: Store) -> int:
    """Deliver what is due, in order; how many rows MLflow took.

    Call it while holding the mirror's lease. Raises Unreachable, with all that is due
    postponed, once MLflow no longer answers.
    """
    delivered = 0
    while event := OutboxEvent.objects.due().first():
        try:
            result = HANDLERS[OutboxKind(event.kind)](store, event)
        except Exception as error:  # noqa: BLE001 - MLflow raises those of many libraries
            logger.warning("MLflow did not take %s: %s", event, as_text(error))
            tries = event.tries + 1
            OutboxEvent.objects.filter(pk=event.pk).update(
                tries=tries,
                try_after=DatabaseNow() + _wait(tries),
                **_trouble(error),
            )
            # One event may be refused; if nothing is answered, the others wait too.
            try:
                store.ping()
            except Unreachable as unreachable:
                postpone_due(unreachable)
                raise
        else:
            OutboxEvent.objects.filter(pk=event.pk).update(
                delivered_at=DatabaseNow(), result=result, last_error="", trouble=""
            )
            delivered += 1
    return delivered


def postpone_due(error: Exception) -> None:
    """MLflow does not answer: everything due waits, and the page can say why."""
    due = OutboxEvent.objects.due()
    tries = due.aggregate(most=Max("tries"))["most"] or 0
    OutboxEvent.objects.filter(pk__in=list(due.values_list("pk", flat=True))).update(
        tries=F("tries") + 1,
        try_after=DatabaseNow() + _wait(tries + 1),
        **_trouble(error),
    )


def _trouble(error: Exception) -> dict[str, str]:
    """A code for the page, and MLflow's words for engineers."""
    return {"trouble": trouble_of(error), "last_error": as_text(error)[:ERROR_LENGTH]}


def _wait(tries: int) -> timedelta:
    return min(timedelta(seconds=2 ** min(tries, 20)), LONGEST_WAIT)


def _tell_version(store: Store, event: OutboxEvent) -> Result:
    version = ModelVersion.objects.for_table().get(pk=event.payload["model_version_id"])
    with TemporaryDirectory() as scratch:
        files = _fetch_model(version.run, Path(scratch) / "model")
        run_ids = store.tell_run(_run_record(version, files))
    tags = {
        "preciso.model_version_id": str(version.pk),
        "preciso.version": str(version.version),
        "preciso.sha256": version.sha256,
    }
    number = store.tell_version(version.name, run_ids, tags)
    _note_version(version, run_ids, number)
    return {
        "experiment_id": run_ids.experiment_id,
        "run_id": run_ids.run_id,
        "name": version.name,
        "version": number,
    }


def _fetch_model(run: TrainingRun, target: Path) -> Path | None:
    """The model's files, checked; None, and MLflow gets none, if they are damaged."""
    try:
        return fetch_directory(run.artifact_prefix, run.artifacts, target)
    except (ArtifactMissing, ArtifactChanged) as damage:
        logger.warning("MLflow gets no files of %s: %s", run, damage)
        return None


@transaction.atomic
def _note_version(version: ModelVersion, run_ids: MlflowRun, number: str) -> None:
    _note_experiment(version.name, run_ids)
    MirroredVersion.objects.update_or_create(
        model_version=version,
        defaults={
            "mlflow_name": version.name,
            "mlflow_version": number,
            "mlflow_run_id": run_ids.run_id,
            "seen_at": DatabaseNow(),
        },
    )
    note_mlflow_run(version.run, run_ids.run_id)
    # A switch to this version may have been waiting for it.
    waiting = OutboxEvent.objects.failing().filter(kind=OutboxKind.SERVING_CHANGED)
    waiting.update(try_after=DatabaseNow())


def _note_experiment(name: str, run_ids: MlflowRun) -> None:
    MirroredExperiment.objects.update_or_create(
        name=name,
        defaults={"mlflow_id": run_ids.experiment_id, "seen_at": DatabaseNow()},
    )


def _tell_serving(store: Store, event: OutboxEvent) -> Result:
    """The alias is a projection of the open period: an ended one changes nothing."""
    period = ServingPeriod.objects.for_table().get(
        pk=event.payload["serving_period_id"]
    )
    if not period.is_open:
        return {"superseded": True}
    since = _as_text(period.since)
    if period.model_version is None:
        for name in MirroredVersion.objects.values_list("mlflow_name", flat=True):
            store.drop_alias(name, since=since)  # nobody must get what was stopped
        return {"stopped": True}
    mirrored = MirroredVersion.objects.filter(
        model_version=period.model_version
    ).first()
    if mirrored is None:
        raise NotYet(f"MLflow does not know {period.model_version} yet.")
    if event.payload.get("put_right"):
        store.forget_since(mirrored.mlflow_name)
    names = MirroredVersion.objects.values_list("mlflow_name", flat=True).distinct()
    for name in names.exclude(mlflow_name=mirrored.mlflow_name):
        store.drop_alias(name, since=since)
    moved = store.point_alias(
        mirrored.mlflow_name, mirrored.mlflow_version, since=since
    )
    return {
        "superseded": not moved,
        "name": mirrored.mlflow_name,
        "version": mirrored.mlflow_version,
    }


def _tell_started_run(store: Store, event: OutboxEvent) -> Result:
    payload = event.payload
    run_ids = store.tell_run(
        RunRecord(
            experiment=payload["experiment"],
            name=payload["name"] or event.key,
            identity={"preciso.request": event.key},
            started=_as_milliseconds(event.created_at),
            tags=payload["tags"],
            params=payload["params"],
        )
    )
    _note_experiment(payload["experiment"], run_ids)
    return {"experiment_id": run_ids.experiment_id, "run_id": run_ids.run_id}


HANDLERS: Mapping[OutboxKind, Callable[[Store, OutboxEvent], Result]] = {
    OutboxKind.RUN_STARTED: _tell_started_run,
    OutboxKind.VERSION_REGISTERED: _tell_version,
    OutboxKind.SERVING_CHANGED: _tell_serving,
}


def _run_record(version: ModelVersion, model_dir: Path | None) -> RunRecord:
    run, job, dataset = version.run, version.run.job, version.run.dataset_version
    ended = job.finished_at or timezone.now()
    return RunRecord(
        experiment=version.name,
        name=f"{version.name} v{version.version}",
        identity={
            "preciso.job_id": str(job.pk),
            "preciso.attempt": str(job.attempt),
            "preciso.dataset_sha256": dataset.sha256,
            # Two installations may share an MLflow, and then their job numbers.
            "preciso.submitted_at": _as_text(job.created_at),
        },
        started=_as_milliseconds(job.started_at or job.created_at),
        ended=_as_milliseconds(ended),
        tags={"preciso.run_id": str(run.pk), "mlflow.note.content": run.notes},
        params=_params(run),
        metrics=_metrics(version, _as_milliseconds(ended)),
        model_dir=model_dir,
        documents={
            "dataset.json": _manifest(run),
            # MLflow knows nothing of our rights, so no protected groups go there.
            "evaluation.json": {
                name: value
                for name, value in (version.evaluation or {}).items()
                if name != "fairness"
            },
            "report.json": run.report,
        },
    )


def _params(run: TrainingRun) -> dict[str, Any]:
    dataset = run.dataset_version
    return {
        "trainer": run.trainer,
        "scope": run.scope,
        "dataset_version": str(dataset.number),
        "dataset_sha256": dataset.sha256,
        "samples": str(dataset.sample_count),
        **{f"arg.{name}": value for name, value in run.training_args.items()},
    }


def _manifest(run: TrainingRun) -> dict[str, Any]:
    """What the model was trained on, by name and hash; the rows stay here."""
    dataset = run.dataset_version
    return {
        "number": dataset.number,
        "name": dataset.name,
        "sha256": dataset.sha256,
        "sample_count": dataset.sample_count,
        "sealed_at": dataset.sealed_at.isoformat() if dataset.sealed_at else None,
    }


def _metrics(version: ModelVersion, ended: int) -> list[MetricPoint]:
    job = version.run.job
    curve = JobMetric.objects.filter(job=job, attempt=job.attempt).order_by("pk")
    measured = [
        MetricPoint(f"held_out.{name}", float(value), ended)
        for name, value in version.metrics.items()
        if isinstance(value, int | float) and math.isfinite(value)
    ]
    return measured + [
        MetricPoint(point.name, point.value, _as_milliseconds(point.at), point.step)
        for point in curve
    ]


def _as_text(moment: datetime) -> str:
    """Always as long, so that the order of texts is the order of moments."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _as_milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)

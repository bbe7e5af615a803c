"""Train: seal if need be, run the trainer by its contract, publish what it left."""

import json
import logging
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation

from preciso.redaction import redact
from preciso.trainers import TRAINERS, Trainer
from training import ports
from training.artifacts import manifest_sha256, store_directory
from training.choices import DatasetStatus, TrainingScope
from training.execution.attempt_logs import LOG_FILE, store_leftover_logs
from training.execution.job_handlers import Context, JobFailed, JobProgress, JobResult
from training.execution.memory import says_out_of_memory
from training.execution.supervisor import Tail, TrainerEvents, TrainerProcess
from training.execution.trainer_stream import TrainerStream
from training.models import AuditEvent, TrainingRun
from training.progress import STEPS
from training.services.datasets.versions import export_and_seal, open_export

logger = logging.getLogger(__name__)
# Exit codes after which a retry would fail again: EX_USAGE, EX_DATAERR of sysexits.h.
REFUSALS = {64: "bad_arguments", 65: "bad_data"}
NOT_STARTED = (126, 127)
SIGNALED = 128
TRAIN_FILE, EVAL_FILE = "train.jsonl", "eval.jsonl"
COLUMNS = ("id", "instruction", "input", "output", "facts", "decision")


def train(context: Context) -> JobResult:
    """Run the training of the job; raises JobFailed with a typed reason."""
    store_leftover_logs(list(context.job.attempts.filter(log_name="")))
    run = TrainingRun.objects.for_table().get(job=context.job)
    if run.dataset_version.status != DatasetStatus.SEALED:
        context.report(progress=_step("sealing", 0.0))
        by = context.job.created_by
        export_and_seal(run.dataset_version, by=by, check=context.check)
    train_file, eval_file = write_files(run, context.directory)
    events = _run_trainer(context, run, train_file, eval_file)
    return _store_and_measure(context, run, events)


def _step(code: str, fraction: float) -> JobProgress:
    """A step of the worker itself. Its note is English, for the API."""
    with translation.override("en"):
        note = str(STEPS[code])
    return JobProgress(fraction, note, {"code": code, "params": {}})


def write_files(run: TrainingRun, directory: Path) -> tuple[Path, Path]:
    """The sealed samples as the trainer's two files, split as they were sealed.

    All held-out cases are measured with, whatever is learnt from: versions stay
    comparable.
    """
    added: set[int] | None = None  # None: everything that the version contains
    if run.scope != TrainingScope.ALL:
        added = set(run.dataset_version.added().values_list("pk", flat=True))
    paths = {
        "train": directory / TRAIN_FILE,
        "eval": directory / EVAL_FILE,
    }
    with (
        open_export(run.dataset_version) as sealed,
        paths["train"].open("w", encoding="utf-8") as train_file,
        paths["eval"].open("w", encoding="utf-8") as eval_file,
    ):
        files = {"train": train_file, "eval": eval_file}
        for line in sealed:
            row = json.loads(line)
            is_old = added is not None and int(row["id"]) not in added
            if row["split"] == "train" and is_old:
                continue
            sample = {name: row[name] for name in COLUMNS}
            files[row["split"]].write(json.dumps(sample, ensure_ascii=False) + "\n")
    return paths["train"], paths["eval"]


def trainer_of(run: TrainingRun) -> Trainer:
    """Raises JobFailed where it is no longer among the trainers of this version."""
    trainer = TRAINERS.get(run.trainer)
    if trainer is None:
        raise JobFailed("trainer_not_found", run.trainer)
    return trainer


def command_of(run: TrainingRun) -> list[str]:
    """The program and its arguments. Split once, no shell."""
    if trainer_of(run).is_built_in:
        return [sys.executable, "-m", f"training.trainers.{run.trainer}"]
    return shlex.split(settings.LOCAL_TRAINING_COMMAND)


def environment_of(
    context: Context, run: TrainingRun, train_file: Path, eval_file: Path
) -> dict[str, str]:
    """What the trainer contract promises, on top of a minimal environment."""
    directory = context.directory
    version = run.dataset_version
    built_in = trainer_of(run).is_built_in
    return {
        **settings.TRAINER_ENVIRONMENT,
        **({"PYTHONPATH": str(settings.BASE_DIR)} if built_in else {}),
        "PYTHONUNBUFFERED": "1",
        "PRECISO_JOB_ID": str(context.job.pk),
        "PRECISO_RUN_ID": str(run.pk),
        "PRECISO_ATTEMPT": str(context.job.attempt),
        "PRECISO_TRAIN_FILE": str(train_file),
        "PRECISO_EVAL_FILE": str(eval_file),
        "PRECISO_DATASET_VERSION_ID": str(version.pk),
        "PRECISO_DATASET_SHA256": version.sha256,
        "PRECISO_MODEL_NAME": run.model_name,
        "PRECISO_LOCAL_MODEL_PATH": run.local_model_path,
        "PRECISO_MLFLOW_RUN_ID": run.mlflow_run_id,
        "PRECISO_TRAINING_ARGS": json.dumps(run.training_args),
        "PRECISO_OUTPUT_DIR": str(directory / "output"),
        "PRECISO_EVENTS_FILE": str(directory / "events.jsonl"),
    }


def _run_trainer(
    context: Context, run: TrainingRun, train_file: Path, eval_file: Path
) -> TrainerEvents:
    """Run the trainer to its end; a bad end raises JobFailed with its reason."""
    directory = context.directory
    (directory / "output").mkdir(exist_ok=True)
    log, events_file = directory / LOG_FILE, directory / "events.jsonl"
    command = command_of(run)
    if shutil.which(command[0]) is None:
        raise JobFailed("trainer_not_found", command[0])
    process = TrainerProcess(
        command,
        directory=directory,
        environment=environment_of(context, run, train_file, eval_file),
        log=log,
        grace=settings.JOB_CANCEL_GRACE_SECONDS,
    )
    stream = TrainerStream(context, Tail(log), Tail(events_file))
    try:
        code = stream.follow(process)
    except BaseException:
        process.stop(context.grace)
        stream.finish_after_stop()
        raise
    stream.finish()
    if code != 0:
        raise _failure(code, process, stream)
    return stream.events


def _failure(code: int, process: TrainerProcess, stream: TrainerStream) -> JobFailed:
    """The typed reason for which a trainer ended with an exit code that is not 0."""
    error, last = stream.events.error, stream.last_lines
    trace = "\n".join(last)
    if code in REFUSALS:
        return JobFailed(REFUSALS[code], error, trace)
    if code in NOT_STARTED:
        return JobFailed("trainer_not_found", f"exit code {code}", trace)
    if process.killed_for_memory or says_out_of_memory(last):
        return JobFailed("out_of_memory", error, trace)
    if code > SIGNALED or code < 0:
        return JobFailed("trainer_killed", f"signal {abs(code) % SIGNALED}", trace)
    return JobFailed("trainer_failed", error or f"exit code {code}", trace)


def _store_and_measure(
    context: Context, run: TrainingRun, events: TrainerEvents
) -> JobResult:
    """Store the model, measure it on the held-out cases, and hand it over.

    The run's result and the model version are written when the job's end publishes
    them: a worker that has lost the job publishes nothing.
    """
    model = context.directory / "output" / "model"
    if not (model / "model.json").is_file():
        raise JobFailed("no_model")
    context.report(progress=_step("storing", 0.99))
    prefix = f"models/run-{run.pk}/attempt-{context.job.attempt}"
    manifest = store_directory(model, prefix)
    context.check()
    evaluation = _evaluate(model, context.directory)
    context.report()

    def publish() -> dict[str, Any]:
        digest = manifest_sha256(manifest)
        TrainingRun.objects.filter(pk=run.pk).update(
            metrics=events.final,
            report=events.report,
            artifact_prefix=prefix,
            artifacts=manifest,
            artifact_sha256=digest,
        )
        run.refresh_from_db()
        AuditEvent.objects.record(
            "training.finished", actor=None, subject=run, records=[run], sha256=digest
        )
        try:
            with transaction.atomic():
                version_id = ports.run_completed(run, evaluation)
        except Exception:
            # A completed run stays completed; a sweep registers what this missed.
            logger.exception("%s was not registered", run)
            version_id = None
        if version_id is None:
            return {"artifact_sha256": digest}
        TrainingRun.objects.filter(pk=run.pk).update(model_version_id=version_id)
        return {"artifact_sha256": digest, "model_version_id": str(version_id)}

    return JobResult(output={"run_id": str(run.pk)}, publish=publish)


def _evaluate(model: Path, directory: Path) -> dict[str, Any]:
    """Measure it beside the serving version on the same cases.

    A completed run stays completed: what goes wrong here is kept as ``error``.
    """
    try:
        evaluation = ports.evaluate(
            model, directory / TRAIN_FILE, directory / EVAL_FILE
        )
        detail = redact(evaluation.get("problem_detail", ""))
        return {**evaluation, "problem_detail": detail} if detail else evaluation
    except Exception as error:
        logger.exception("the evaluation failed")
        return {"error": redact(str(error))}

"""Train: seal if need be, run the trainer by its contract, publish what it left."""

import json
import logging
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation

from preciso.redaction import redact
from preciso.trainers import TRAINERS
from training import ports
from training.artifacts import Entry, manifest_sha256, store_directory
from training.choices import DatasetStatus, TrainingScope
from training.execution.attempt_logs import LOG_FILE, keep_logs_left_behind
from training.execution.job_handlers import Context, Done, JobFailed, Progress
from training.execution.memory import says_out_of_memory
from training.execution.supervisor import Child, Events, Tail
from training.execution.trainer_stream import Follower
from training.models import AuditEvent, TrainingRun
from training.progress import STEPS
from training.services.datasets.versions import export_and_seal, open_export

logger = logging.getLogger(__name__)
BAD_ARGUMENTS, BAD_DATA = 64, 65  # "do not retry": EX_USAGE, EX_DATAERR of sysexits.h
REFUSED = {BAD_ARGUMENTS: "bad_arguments", BAD_DATA: "bad_data"}
NOT_FOUND = (126, 127)
SIGNALED = 128
TRAIN_FILE, EVAL_FILE = "train.jsonl", "eval.jsonl"
ROW = ("id", "instruction", "input", "output", "facts", "decision")


def train(context: Context) -> Done:
    """Run the training of the job; raises JobFailed with a typed reason."""
    keep_logs_left_behind(list(context.job.attempts.filter(log_name="")))
    run = TrainingRun.objects.for_table().get(job=context.job)
    if run.dataset_version.status != DatasetStatus.SEALED:
        context.report(progress=_step("sealing", 0.0))
        by = context.job.created_by
        export_and_seal(run.dataset_version, by=by, check=context.check)
    train_file, eval_file = write_files(run, context.directory)
    events = _run_trainer(context, run, train_file, eval_file)
    return _publish(context, run, events)


def _step(code: str, fraction: float) -> Progress:
    """A step of the worker itself. Its note is English, for the API."""
    with translation.override("en"):
        note = str(STEPS[code])
    return Progress(fraction, note, {"code": code, "params": {}})


def write_files(run: TrainingRun, directory: Path) -> tuple[Path, Path]:
    """The sealed samples as the trainer's two files, split as they were sealed.

    All held-out cases are measured with, whatever is learnt from: versions stay
    comparable.
    """
    wanted = _to_learn_from(run)
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
            if row["split"] == "train" and not wanted(row):
                continue
            kept = {name: row[name] for name in ROW}
            files[row["split"]].write(json.dumps(kept, ensure_ascii=False) + "\n")
    return paths["train"], paths["eval"]


def _to_learn_from(run: TrainingRun) -> Callable[[dict[str, Any]], bool]:
    """Which lines of the sealed file the run may learn from."""
    if run.scope == TrainingScope.ALL:
        return lambda row: True
    new = set(run.dataset_version.added().values_list("pk", flat=True))
    return lambda row: int(row["id"]) in new


def command_of(run: TrainingRun) -> list[str]:
    """The program and its arguments. Split once, no shell."""
    if TRAINERS[run.trainer].is_built_in:
        return [sys.executable, "-m", f"training.trainers.{run.trainer}"]
    return shlex.split(settings.LOCAL_TRAINING_COMMAND)


def environment_of(
    context: Context, run: TrainingRun, train_file: Path, eval_file: Path
) -> dict[str, str]:
    """What the trainer contract promises, on top of a minimal environment."""
    directory = context.directory
    version = run.dataset_version
    built_in = TRAINERS[run.trainer].is_built_in
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
) -> Events:
    directory = context.directory
    (directory / "output").mkdir(exist_ok=True)
    log, events_file = directory / LOG_FILE, directory / "events.jsonl"
    command = command_of(run)
    if shutil.which(command[0]) is None:
        raise JobFailed("trainer_not_found", command[0])
    child = Child(
        command,
        directory=directory,
        environment=environment_of(context, run, train_file, eval_file),
        log=log,
        grace=settings.JOB_CANCEL_GRACE_SECONDS,
    )
    follower = Follower(context, Tail(log), Tail(events_file))
    try:
        code = follower.follow(child)
    except BaseException:
        child.stop(context.grace)
        follower.finish_quietly()
        raise
    follower.finish()
    _judge_end(code, child, follower)
    return follower.events


def _judge_end(code: int, child: Child, follower: Follower) -> None:
    """A child's end as a typed reason; none if it ended well."""
    if code == 0:
        return
    error, last = follower.events.error, follower.last_lines
    trace = "\n".join(last)
    if code in REFUSED:
        raise JobFailed(REFUSED[code], error, trace)
    if code in NOT_FOUND:
        raise JobFailed("trainer_not_found", f"exit code {code}", trace)
    if child.killed_for_memory or says_out_of_memory(last):
        raise JobFailed("out_of_memory", error, trace)
    if code > SIGNALED or code < 0:
        raise JobFailed("trainer_killed", f"signal {abs(code) % SIGNALED}", trace)
    raise JobFailed("trainer_failed", error or f"exit code {code}", trace)


def _publish(context: Context, run: TrainingRun, events: Events) -> Done:
    """Store the model, measure it on the held-out cases, and hand it over."""
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
        return _record_result(run, prefix, manifest, events, evaluation)

    return Done(output={"run_id": str(run.pk)}, publish=publish)


def _evaluate(model: Path, directory: Path) -> dict[str, Any]:
    """Beside the serving version on the same cases. A completed run stays completed."""
    try:
        found = ports.evaluate(model, directory / TRAIN_FILE, directory / EVAL_FILE)
        detail = redact(found.get("problem_detail", ""))
        return {**found, "problem_detail": detail} if detail else found
    except Exception as trouble:
        logger.exception("the evaluation failed")
        return {"error": redact(str(trouble))}


def _record_result(
    run: TrainingRun,
    prefix: str,
    manifest: list[Entry],
    events: Events,
    evaluation: dict[str, Any],
) -> dict[str, Any]:
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
    model_version_id = _register(run, evaluation)
    if model_version_id is None:
        return {"artifact_sha256": digest}
    TrainingRun.objects.filter(pk=run.pk).update(model_version_id=model_version_id)
    return {"artifact_sha256": digest, "model_version_id": str(model_version_id)}


def _register(run: TrainingRun, evaluation: dict[str, Any]) -> int | None:
    """A completed run stays completed; the sweep registers what this missed."""
    try:
        with transaction.atomic():
            return ports.run_completed(run, evaluation)
    except Exception:
        logger.exception("%s was not registered", run)
        return None

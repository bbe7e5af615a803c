"""Model versions: register one for a completed run, check it, quarantine it."""

import logging
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from mlops.choices import Problem
from mlops.evaluation.held_out import evaluate_directory
from mlops.mirror import outbox
from mlops.models import DifferingAnswer, ModelVersion, ServingState
from mlops.predictor_cache import STORE, CannotServe, load_version
from preciso.clock import DatabaseNow
from training.errors import NotAllowedNow
from training.models import AuditEvent, TrainingRun
from training.models.audit import Actor
from training.services.runs.submissions import note_model_version
from training.values import stated_reason

logger = logging.getLogger(__name__)


def register_run(
    run: TrainingRun, evaluation: dict[str, Any] | None = None
) -> ModelVersion:
    """The version of a run: the next one of its model name, or the one it has.

    ``evaluation`` is the result of ``evaluate_directory``; without it the files of the
    version are checked here, and it carries the trainer's own metrics.
    """
    version = ModelVersion.objects.filter(run=run).first()
    if version:
        return version
    version = _create_version(run, evaluation or {})
    if not evaluation or "problem" not in evaluation:
        version = check_version(version)
    return version


def _create_version(run: TrainingRun, evaluation: dict[str, Any]) -> ModelVersion:
    # The differing cases are rows of their own table: a list of versions reads the
    # rest of the evaluation with each row.
    differing = evaluation.get("differing", [])
    stored = {name: each for name, each in evaluation.items() if name != "differing"}
    for _attempt in range(5):
        last = ModelVersion.objects.filter(name=run.model_name).aggregate(
            last=Max("version")
        )["last"]
        try:
            with transaction.atomic():
                version = ModelVersion.objects.create(
                    name=run.model_name,
                    version=(last or 0) + 1,
                    run=run,
                    flavor=evaluation.get("flavor", ""),
                    sha256=run.artifact_sha256,
                    metrics=evaluation.get("candidate") or run.metrics,
                    evaluation=stored,
                    problem=evaluation.get("problem", ""),
                    problem_detail=evaluation.get("problem_detail", ""),
                )
                DifferingAnswer.objects.bulk_create(
                    DifferingAnswer(
                        model_version=version,
                        sample_id=int(row["sample"]),
                        candidate=row["candidate"],
                        champion=row["champion"],
                    )
                    for row in differing
                )
                AuditEvent.objects.record(
                    "model.registered",
                    actor=run.job.created_by,
                    subject=version,
                    records=[version],
                    run=run.pk,
                    sha256=version.sha256,
                    problem=version.problem,
                )
                outbox.version_registered(version)
        except IntegrityError:  # another run of the same name took the number
            continue
        return version
    raise RuntimeError(f"no free version number for {run.model_name}")


def evaluate(model: Path, train_file: Path, eval_file: Path) -> dict[str, Any]:
    """Fills training's port: measure a model directory before it becomes a version."""
    return evaluate_directory(model, train_file, eval_file)


def check_version(version: ModelVersion) -> ModelVersion:
    """Check that its files are there and unchanged, and that it loads and answers.

    Writes the result to the version, which is returned; an audit event only if the
    result is another one. A sound version is loaded in this process afterwards. A
    quarantine is a person's decision and stays.
    """
    before = version.problem
    if before == Problem.QUARANTINED:
        return version
    problem, detail = _read_files(version)
    with transaction.atomic():
        if _save_check(version, before, problem, detail) and problem != before:
            AuditEvent.objects.record(
                "model.checked",
                actor=None,
                subject=version,
                records=[version],
                problem=problem,
            )
    return version


def _read_files(version: ModelVersion) -> tuple[str, str]:
    """Load the version; the code of the problem and its detail, both empty if none."""
    try:
        STORE.store(version.pk, load_version(version))
    except CannotServe as error:
        return error.problem, error.detail
    return "", ""


def _save_check(version: ModelVersion, before: str, problem: str, detail: str) -> bool:
    """Save a check; False, and nothing saved, if ``before`` is the problem no more.

    So a quarantine that came while the files were read is not overwritten.
    """
    unchanged = ModelVersion.objects.filter(pk=version.pk, problem=before)
    row_count = unchanged.update(
        problem=problem, problem_detail=detail, checked_at=DatabaseNow()
    )
    version.refresh_from_db()
    return bool(row_count)


def register_missing() -> int:
    """Make the versions that completed runs lack, and return how many.

    A run lacks one if its worker died between its end and the port's call.
    """
    runs = list(TrainingRun.objects.unregistered().select_related("job"))
    for run in runs:
        with transaction.atomic():
            note_model_version(run, register_run(run).pk)
        logger.warning("%s was registered by the sweep", run)
    return len(runs)


@transaction.atomic
def quarantine(version: ModelVersion, *, by: Actor, reason: str) -> ModelVersion:
    """Forbid that the version serves, until a person lifts the quarantine.

    Raises InvalidInput without a reason, NotAllowedNow where the version serves (roll
    back or select another one first) or is in quarantine already.
    """
    reason = stated_reason(reason, _("Say why it must not serve."))
    # The lock of every switch: nobody selects the version meanwhile.
    ServingState.objects.select_for_update().get()
    if version.periods.open().exists():
        raise NotAllowedNow(
            _("%(version)s serves now; roll back or select another version first.")
            % {"version": version},
            code="serving",
        )
    free = ModelVersion.objects.filter(pk=version.pk).exclude(
        problem=Problem.QUARANTINED
    )
    if not free.update(problem=Problem.QUARANTINED, problem_detail=reason):
        raise NotAllowedNow(
            _("%(version)s is in quarantine already.") % {"version": version}
        )
    version.refresh_from_db()
    AuditEvent.objects.record(
        "model.quarantined",
        actor=by,
        subject=version,
        records=[version],
        reason=reason,
    )
    return version


def release_quarantine(
    version: ModelVersion, *, by: Actor, reason: str = ""
) -> ModelVersion:
    """Lift a quarantine; the result of a check of the files takes its place.

    Raises NotAllowedNow where the version is in none, InvalidInput for a reason that is
    too long.
    """
    reason = stated_reason(reason)
    # Files are read before the row is locked: nobody has to wait for a disk.
    problem, detail = _read_files(version)
    with transaction.atomic():
        if not _save_check(version, Problem.QUARANTINED, problem, detail):
            raise NotAllowedNow(
                _("%(version)s is not in quarantine.") % {"version": version}
            )
        AuditEvent.objects.record(
            "model.quarantine_lifted",
            actor=by,
            subject=version,
            records=[version],
            problem=problem,
            reason=reason,
        )
    return version

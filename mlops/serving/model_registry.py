"""Model versions: made of completed runs, checked before they serve."""

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
    """The next version of the run's model name. Registering twice gives the same one.

    ``evaluation`` is what ``evaluate_directory`` found; without it the version is
    checked here and carries the trainer's own metrics.
    """
    known = ModelVersion.objects.filter(run=run).first()
    if known:
        return known
    found = evaluation or {}
    version = _create(run, found)
    if "problem" not in found:
        version = check_version(version)
    return version


def _create(run: TrainingRun, evaluation: dict[str, Any]) -> ModelVersion:
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
                    evaluation=_without_rows(evaluation),
                    problem=evaluation.get("problem", ""),
                    problem_detail=evaluation.get("problem_detail", ""),
                )
                _keep_differing(version, evaluation.get("differing", []))
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


def _without_rows(evaluation: dict[str, Any]) -> dict[str, Any]:
    """They have a table of their own: lists of versions read the rest with each row."""
    return {name: value for name, value in evaluation.items() if name != "differing"}


def _keep_differing(version: ModelVersion, rows: list[dict[str, str]]) -> None:
    DifferingAnswer.objects.bulk_create(
        DifferingAnswer(
            model_version=version,
            sample_id=int(row["sample"]),
            candidate=row["candidate"],
            champion=row["champion"],
        )
        for row in rows
    )


def evaluate(model: Path, train_file: Path, eval_file: Path) -> dict[str, Any]:
    """Fills training's port."""
    return evaluate_directory(model, train_file, eval_file)


def check_version(version: ModelVersion) -> ModelVersion:
    """Look again whether it may serve: files there, hashes equal, loads, answers.

    Writes what it found; a version that is well is warm in this process afterwards.
    Quarantine is a person's word and stays.
    """
    was = version.problem
    if was == Problem.QUARANTINED:
        return version
    problem, detail = _findings(version)
    with transaction.atomic():
        if _note(version, was, problem, detail) and problem != was:
            AuditEvent.objects.record(
                "model.checked",
                actor=None,
                subject=version,
                records=[version],
                problem=problem,
            )
    return version


def _findings(version: ModelVersion) -> tuple[str, str]:
    """The problem, if there is one, and its technical detail. Reads the files."""
    try:
        STORE.put(version.pk, load_version(version))
    except CannotServe as found:
        return found.problem, found.detail
    return "", ""


def _note(version: ModelVersion, was: str, problem: str, detail: str) -> bool:
    """Whether it was written: not if it changed while the files were read."""
    as_read = ModelVersion.objects.filter(pk=version.pk, problem=was)
    written = as_read.update(
        problem=problem, problem_detail=detail, checked_at=DatabaseNow()
    )
    version.refresh_from_db()
    return bool(written)


def register_missing() -> int:
    """Make versions of completed runs that the port missed. Returns how many."""
    found = list(TrainingRun.objects.unregistered().select_related("job"))
    for run in found:
        with transaction.atomic():
            note_model_version(run, register_run(run).pk)
        logger.warning("%s was registered by the sweep", run)
    return len(found)


@transaction.atomic
def quarantine(version: ModelVersion, *, by: Actor, reason: str) -> ModelVersion:
    """A person's word that the version must not serve; lasts until a person lifts it.

    Raises InvalidInput without a reason, NotAllowedNow where it serves (something must:
    roll back first, or select another) or is in quarantine already.
    """
    reason = stated_reason(reason, _("Say why it must not serve."))
    ServingState.objects.select_for_update().get()  # no switch to it meanwhile
    if version.periods.open().exists():
        raise NotAllowedNow(
            _("%(version)s serves now; roll back or select another version first.")
            % {"version": version},
            code="serving",
        )
    aside = ModelVersion.objects.filter(pk=version.pk).exclude(
        problem=Problem.QUARANTINED
    )
    if not aside.update(problem=Problem.QUARANTINED, problem_detail=reason):
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
    """Lift a quarantine; what a check of its files finds takes its place.

    Raises NotAllowedNow where it is in none, InvalidInput.
    """
    reason = stated_reason(reason)
    # Files are read before the row is held: nobody has to wait for a disk.
    problem, detail = _findings(version)
    with transaction.atomic():
        if not _note(version, Problem.QUARANTINED, problem, detail):
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

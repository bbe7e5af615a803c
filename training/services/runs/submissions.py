"""Submitting a training: one job, one run, one audit event, one transaction."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from preciso.clock import DatabaseNow
from training import tasks
from training.choices import (
    DatasetStatus,
    JobFlow,
    JobKind,
    JobStatus,
    TrainingScope,
)
from training.errors import DomainError, NotAllowedNow
from training.models import (
    AuditEvent,
    DatasetVersion,
    IdempotencyKey,
    JobEvent,
    PipelineJob,
    TrainingRun,
)
from training.models.audit import Actor
from training.models.job_movers import SUBMISSION
from training.models.runs import TRAINING_DISABLED
from training.refusals import refusal
from training.services.budget import ledger
from training.services.budget.ledger import BudgetExceeded
from training.services.datasets.versions import freeze
from training.services.policy.policies import locked_policy
from training.services.runs.requests import RunRequest

__all__ = [
    "IdempotencyMismatch",
    "RunRequest",
    "freeze_and_submit",
    "note_mlflow_run",
    "note_model_version",
    "seal_and_train",
    "submit_run",
]
KEY_LIVES = timedelta(hours=24)


class IdempotencyMismatch(DomainError):
    """The same key came with another body."""

    code = "idempotency_mismatch"


def submit_run(
    request: RunRequest,
    *,
    by: Actor,
    flow: JobFlow = JobFlow.INTERACTIVE,
    idempotency_key: str = "",
) -> TrainingRun:
    """Submit a training of a sealed version, or return the one already submitted.

    Equal requests are one while the first is unfinished; with an idempotency key, for
    24 hours. Raises NotAllowedNow unless the version is sealed, IdempotencyMismatch
    where the key came with another body, InvalidInput, BudgetExceeded; then nothing
    is written.
    Training on what is new alone is refused where nothing is (NotAllowedNow).
    """
    version = request.dataset_version
    if version.status != DatasetStatus.SEALED:
        raise NotAllowedNow(
            _("%(version)s is %(status)s; only a sealed version can be trained.")
            % {"version": version, "status": version.get_status_display().lower()},
            code="not_sealed",
        )
    known = _known(request, by, idempotency_key)
    if known:
        return known
    _require_something_new(request)
    try:
        with transaction.atomic():
            run = _create(request, by=by, flow=flow, keyed=bool(idempotency_key))
            if idempotency_key and by is not None:
                IdempotencyKey.objects.create(
                    user=by,
                    key=idempotency_key,
                    body_sha256=request.sha256,
                    run=run,
                )
    except (IntegrityError, BudgetExceeded):  # the same request, a moment earlier?
        known = _known(request, by, idempotency_key)
        if known is None:
            raise
        return known
    return run


def _require_something_new(request: RunRequest) -> None:
    version = request.dataset_version
    if request.scope != TrainingScope.DELTA:
        return
    if not version.added().filter(held_out=False).exists():
        raise NotAllowedNow(
            refusal("nothing_new", version=version.number),
            code="nothing_new",
        )


def _known(request: RunRequest, by: Actor, key: str) -> TrainingRun | None:
    runs = TrainingRun.objects.for_table()
    if not key:
        return runs.filter(
            job__in=PipelineJob.objects.active().filter(dedupe_key=request.sha256)
        ).first()
    IdempotencyKey.objects.filter(created_at__lt=DatabaseNow() - KEY_LIVES).delete()
    stored = IdempotencyKey.objects.filter(user=by, key=key).first()
    if stored is None:
        return None
    if stored.body_sha256 != request.sha256:
        raise IdempotencyMismatch(
            _("This Idempotency-Key was used for another request.")
        )
    return runs.get(pk=stored.run_id)


@transaction.atomic
def freeze_and_submit(
    version: DatasetVersion,
    *,
    by: Actor,
    flow: JobFlow,
    scope: str = TrainingScope.ALL,
) -> TrainingRun:
    """Freeze the open version and submit the job that seals and trains it.

    Raises NotAllowedNow unless it is open, when training is switched off, or where
    only what is new is to be learnt from and nothing is; BudgetExceeded; InvalidInput
    for a scope that there is not.
    """
    if not settings.TRAINING_JOBS_ENABLED:
        raise NotAllowedNow(refusal("training_off"), code=TRAINING_DISABLED)
    request = RunRequest(version, scope=scope)
    _require_something_new(request)
    locked_policy()  # before the version's row: Auto has them in this order too
    freeze(version, by=by)
    run = _create(request, by=by, flow=flow, keyed=False)
    DatasetVersion.objects.filter(pk=version.pk).update(sealing_job=run.job)
    version.refresh_from_db()
    return run


def seal_and_train(
    version: DatasetVersion, *, by: Actor, scope: str = TrainingScope.ALL
) -> TrainingRun:
    """The Batch button."""
    return freeze_and_submit(version, by=by, flow=JobFlow.BATCH, scope=scope)


def _create(
    request: RunRequest, *, by: Actor, flow: JobFlow, keyed: bool
) -> TrainingRun:
    columns, skipped = request.resolved(), _off_switch()
    # Before the job: the policy row is locked first, wherever both are.
    admission = (
        None
        if skipped
        else ledger.admit(
            columns["dataset_version"], columns["trainer"], scope=columns["scope"]
        )
    )
    job = PipelineJob.objects.create(
        kind=JobKind.TRAIN,
        flow=flow,
        input={
            "dataset_version_id": str(request.dataset_version.pk),
            "model_name": columns["model_name"],
            "trainer": columns["trainer"],
            "scope": columns["scope"],
            "training_args": request.training_args,
        },
        dedupe_key="" if keyed else request.sha256,
        created_by=by,
        **skipped,
    )
    run = TrainingRun.objects.create(job=job, **columns)
    minutes = ledger.reserve(job, admission).reserved_minutes if admission else None
    _tell_submission(run, minutes_reserved=minutes)
    if job.is_active:
        tasks.ring_after_commit()
    return run


def _tell_submission(run: TrainingRun, *, minutes_reserved: float | None) -> None:
    job = run.job
    JobEvent.objects.create(
        job=job,
        attempt=0,
        became=job.status,
        actor=job.created_by,
        by=SUBMISSION.by,
        role=SUBMISSION.role,
        reason=job.reason,
    )
    AuditEvent.objects.record(
        "training.submitted",
        actor=job.created_by,
        subject=run,
        records=[run],
        job=job.pk,
        flow=job.flow,
        dataset=run.dataset_version_id,
        trainer=run.trainer,
        status=run.status,
        minutes_reserved=minutes_reserved,
    )


def _off_switch() -> dict[str, Any]:
    """Training switched off: the job is kept, and ends at once."""
    if settings.TRAINING_JOBS_ENABLED:
        return {}
    return {
        "status": JobStatus.CANCELED,
        "reason": TRAINING_DISABLED,
        "finished_at": DatabaseNow(),
    }


def note_model_version(run: TrainingRun, model_version_id: int) -> None:
    """Remember which model version was made of the run. Set once."""
    TrainingRun.objects.filter(pk=run.pk, model_version_id=None).update(
        model_version_id=model_version_id
    )


def note_mlflow_run(run: TrainingRun, mlflow_run_id: str) -> None:
    """Remember under which id MLflow mirrors the run."""
    TrainingRun.objects.filter(pk=run.pk).update(mlflow_run_id=mlflow_run_id)

"""What people do to jobs: cancel, retry, put aside."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from preciso.clock import DatabaseNow
from training import tasks
from training.choices import JobKind, JobStatus
from training.errors import DomainError, NotAllowedNow
from training.models import AuditEvent, PipelineJob
from training.models.audit import Actor
from training.models.job_movers import PERSON
from training.models.jobs import BEFORE_AN_ATTEMPT
from training.models.runs import TRAINING_DISABLED
from training.services.budget import ledger

RETRY_ATTEMPTS = 3


@transaction.atomic
def cancel_job(job: PipelineJob, *, by: Actor) -> PipelineJob:
    """Cancel: at once while it waits; while it runs, its worker is asked to stop it.

    Asking twice changes nothing. Raises NotAllowedNow when it has ended.
    """
    if job.is_ended:
        raise NotAllowedNow(
            _("%(job)s has ended already (%(status)s).")
            % {"job": job, "status": job.get_status_display().lower()}
        )
    if job.status == JobStatus.PROCESSING:
        PipelineJob.objects.filter(
            pk=job.pk, status=JobStatus.PROCESSING, cancel_requested_at=None
        ).update(cancel_requested_at=DatabaseNow(), cancel_requested_by=by)
        job.refresh_from_db()
        action = "job.cancel_requested"
    else:
        job.move(
            JobStatus.CANCELED,
            by=PERSON,
            actor=by,
            reason="canceled_by_person",
            cancel_requested_at=DatabaseNow(),
            cancel_requested_by=by,
        )
        ledger.settle(job)
        action = "job.canceled"
    AuditEvent.objects.record(action, actor=by, subject=job)
    return job


@transaction.atomic
def retry_job(job: PipelineJob, *, by: Actor) -> PipelineJob:
    """Reopen a job that failed, was given up or canceled: same id, next attempt.

    Raises NotAllowedNow while it runs, when it completed, while training is off, or
    when the training budget has no room for another attempt.
    """
    if not job.can_retry:
        raise NotAllowedNow(
            _("%(job)s is %(status)s; only an ended, unsuccessful job can be retried.")
            % {"job": job, "status": job.get_status_display().lower()}
        )
    if job.kind == JobKind.TRAIN and not settings.TRAINING_JOBS_ENABLED:
        raise NotAllowedNow(
            _("Training is switched off; an administrator can switch it on."),
            code=TRAINING_DISABLED,
        )
    _refuse_if_another_is_active(job)
    admission = ledger.admit_again(job)
    job.move(
        JobStatus.PENDING,
        by=PERSON,
        actor=by,
        max_attempts=job.attempt + RETRY_ATTEMPTS,
        run_after=Now(),  # by the clock that says what is due
        finished_at=None,
        discarded_at=None,
        cancel_requested_at=None,
        cancel_requested_by=None,
        **BEFORE_AN_ATTEMPT,
    )
    minutes = ledger.reserve(job, admission).reserved_minutes if admission else None
    AuditEvent.objects.record(
        "job.retried", actor=by, subject=job, minutes_reserved=minutes
    )
    tasks.ring_after_commit()
    return job


def _refuse_if_another_is_active(job: PipelineJob) -> None:
    if not job.dedupe_key:
        return
    twin = PipelineJob.objects.active().filter(dedupe_key=job.dedupe_key).first()
    if twin:
        raise NotAllowedNow(
            _("%(twin)s does the same already.") % {"twin": twin}, code="already_active"
        )


@transaction.atomic
def put_aside(job: PipelineJob, *, by: Actor) -> PipelineJob:
    """Put one dead letter aside: it stays as it ended, and asks nobody any more.

    Raises NotAllowedNow for a job that was not given up, or lies aside already.
    """
    waiting = PipelineJob.objects.dead_letters().filter(pk=job.pk)
    if not waiting.update(discarded_at=DatabaseNow()):
        raise NotAllowedNow(
            _("%(job)s was not given up, or lies aside already.") % {"job": job}
        )
    job.refresh_from_db()
    AuditEvent.objects.record("job.discarded", actor=by, subject=job)
    return job


@dataclass(frozen=True)
class GroupResult:
    """What became of a group of dead letters; ``refused`` says why some stayed."""

    done: int
    refused: list[str]


def retry_dead_letters(
    *, reason: str, kind: str, by: User, expected: int | None = None
) -> GroupResult:
    """Retry every dead letter of a kind that was given up for this reason.

    ``expected`` is how many the person was shown: if it is another number by now,
    NotAllowedNow is raised and nothing happens.
    """
    done, refused = 0, []
    group = PipelineJob.objects.dead_letters().filter(reason=reason, kind=kind)
    for job in _as_shown(list(group), expected):
        try:
            retry_job(job, by=by)
        except DomainError as refusal:
            refused.append(f"{job}: {refusal}")
        else:
            done += 1
    return GroupResult(done, refused)


@transaction.atomic
def discard_dead_letters(
    *, reason: str, kind: str, by: User, expected: int | None = None
) -> GroupResult:
    """Put the group aside: the jobs stay as they ended, and ask nobody any more.

    ``expected`` as for ``retry_dead_letters``.
    """
    group = PipelineJob.objects.dead_letters().filter(reason=reason, kind=kind)
    jobs = _as_shown(list(group.select_for_update()), expected)
    PipelineJob.objects.dead_letters().filter(pk__in=[job.pk for job in jobs]).update(
        discarded_at=DatabaseNow()
    )
    for job in jobs:
        AuditEvent.objects.record("job.discarded", actor=by, subject=job)
    return GroupResult(len(jobs), [])


def _as_shown(jobs: list[PipelineJob], expected: int | None) -> list[PipelineJob]:
    if expected is not None and len(jobs) != expected:
        raise NotAllowedNow(
            _(
                "The group has changed meanwhile (%(shown)d before, %(now)d now). "
                "Look again; nothing was done."
            )
            % {"shown": expected, "now": len(jobs)},
            code="group_changed",
        )
    return jobs

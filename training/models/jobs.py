"""Pipeline jobs: the durable unit of work, its attempts, history, log and metrics."""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.db.models.expressions import DatabaseDefault
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from preciso.clock import DatabaseNow
from training.choices import (
    JOB_ACTIVE,
    JOB_DUE,
    JOB_ENDED,
    JOB_HANDICAP,
    JOB_MOVES,
    JOB_RETRYABLE,
    JobFlow,
    JobKind,
    JobStatus,
)
from training.errors import StaleState
from training.models.audit import Actor
from training.models.job_movers import Mover, mover_of

# What one attempt writes into the row of its job, as it is before the attempt.
BEFORE_AN_ATTEMPT: dict[str, Any] = {
    "reason": "",
    "reason_detail": "",
    "trace": "",
    "progress": None,
    "progress_note": "",
    "progress_step": {},
}


class PipelineJobQuerySet(models.QuerySet["PipelineJob"]):
    """The words people use about jobs. Filters only."""

    def active(self) -> Self:
        return self.filter(status__in=JOB_ACTIVE)

    def due(self) -> Self:
        """May start now, in the order of their rank (see ``JOB_HANDICAP``)."""
        # Written like what it is compared with: SQLite compares texts, and one of three
        # digits comes before the same moment with six.
        due = self.filter(status__in=JOB_DUE, run_after__lte=DatabaseNow())
        return due.order_by("rank_at", "pk")

    def processing(self) -> Self:
        return self.filter(status=JobStatus.PROCESSING)

    def lost(self) -> Self:
        """Running, but the lease has lapsed: the worker is gone or frozen."""
        return self.processing().filter(lease_expires_at__lt=Now())

    def dead_letters(self) -> Self:
        """Given up, and nobody has put them aside yet."""
        return self.filter(status=JobStatus.DEAD_LETTER, discarded_at=None)

    def for_table(self) -> Self:
        return self.select_related("created_by", "run__dataset_version").order_by("-pk")


class PipelineJob(models.Model):
    """One unit of work. This row is the truth; a message only wakes a worker."""

    kind = models.CharField(max_length=20, choices=JobKind)
    flow = models.CharField(max_length=12, choices=JobFlow)
    rank_at = models.DateTimeField(
        help_text=_("Its place in the queue: when it was made, plus its handicap.")
    )
    status = models.CharField(
        max_length=12, choices=JobStatus, default=JobStatus.PENDING
    )
    attempt = models.PositiveIntegerField(
        default=0, help_text=_("Fences off workers of earlier attempts.")
    )
    max_attempts = models.PositiveIntegerField(default=3)
    reason = models.CharField(max_length=40, blank=True, default="")
    reason_detail = models.TextField(blank=True, default="")
    trace = models.TextField(blank=True, default="")
    progress = models.FloatField(null=True, blank=True)
    progress_note = models.CharField(max_length=200, blank=True, default="")
    progress_step = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        help_text=_("The same as a code and its parameters, where it has one."),
    )
    input = models.JSONField(default=dict)
    output = models.JSONField(default=dict)
    slot = models.CharField(max_length=30, null=True, blank=True, unique=True)
    dedupe_key = models.CharField(max_length=64, blank=True, default="")
    worker = models.CharField(max_length=120, blank=True, default="")
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    deadline_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("The longest one attempt may take.")
    )
    discarded_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When a person put a dead letter aside.")
    )
    run_after = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=DatabaseNow(), db_index=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = PipelineJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("pipeline job")
        verbose_name_plural = _("pipeline jobs")
        permissions = [
            ("cancel_pipelinejob", _("Can cancel a job")),
            ("retry_pipelinejob", _("Can retry a job")),
        ]
        indexes = [
            models.Index(
                fields=["rank_at", "id"],
                name="job_due",
                condition=Q(status__in=JOB_DUE),
            ),
            models.Index(fields=["status", "-id"], name="job_status_newest"),
            models.Index(fields=["status", "finished_at"], name="job_ended"),
            models.Index(fields=["status", "discarded_at"], name="job_put_aside"),
        ]
        constraints = [
            models.CheckConstraint(
                name="job_finished_at_set_iff_ended",
                condition=Q(status__in=JOB_ACTIVE, finished_at=None)
                | Q(status__in=JOB_ENDED, finished_at__isnull=False),
            ),
            models.CheckConstraint(
                name="job_leased_iff_processing",
                condition=Q(
                    status=JobStatus.PROCESSING,
                    lease_expires_at__isnull=False,
                    slot__isnull=False,
                )
                | Q(
                    status__in=[s for s in JobStatus if s != JobStatus.PROCESSING],
                    lease_expires_at=None,
                    slot=None,
                ),
            ),
            models.CheckConstraint(
                name="job_only_a_dead_letter_is_discarded",
                condition=Q(discarded_at=None) | Q(status=JobStatus.DEAD_LETTER),
            ),
            models.UniqueConstraint(
                name="job_one_active_per_dedupe_key",
                fields=["dedupe_key"],
                condition=Q(status__in=JOB_ACTIVE) & ~Q(dedupe_key=""),
            ),
        ]

    def __str__(self) -> str:
        return _("%(kind)s job %(id)s") % {
            "kind": self.get_kind_display(),
            "id": self.pk,
        }

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            made_at: Any = self.created_at
            if isinstance(made_at, DatabaseDefault):
                made_at = DatabaseNow()  # an insert cannot refer to its own defaults
            self.rank_at = made_at + JOB_HANDICAP[JobFlow(self.flow)]
        super().save(*args, **kwargs)
        if hasattr(self.rank_at, "resolve_expression"):
            del self.rank_at  # the database computed it; it is read when asked for

    @property
    def is_active(self) -> bool:
        return self.status in JOB_ACTIVE

    @property
    def is_ended(self) -> bool:
        return self.status in JOB_ENDED

    @property
    def can_retry(self) -> bool:
        return self.status in JOB_RETRYABLE

    @property
    def can_cancel(self) -> bool:
        return self.is_active and self.cancel_requested_at is None

    def move(
        self,
        to: JobStatus,
        *,
        by: str | Mover,
        actor: Actor = None,
        only_if: Q = Q(),  # noqa: B008  (an empty Q is immutable in effect)
        **changes: Any,
    ) -> None:
        """Change status along ``JOB_MOVES``, and write the move into the job's history.

        ``by`` is who moved it when no person did: the name of a worker, or a ``Mover``.
        ``changes`` are further columns, as values or expressions. One conditional
        UPDATE on the status and the attempt that this instance was read with: of two
        racing callers exactly one succeeds, and a worker of an older attempt changes
        nothing. Raises StaleState; then nothing was written.
        """
        columns: dict[str, Any] = {"status": to, **changes}
        if to != JobStatus.PROCESSING:
            columns |= {"slot": None, "lease_expires_at": None}
        if to in JOB_ENDED:
            columns["finished_at"] = DatabaseNow()
        mover = mover_of(by)
        with transaction.atomic():
            as_read = PipelineJob.objects.filter(
                only_if, pk=self.pk, attempt=self.attempt, status=self.status
            )
            if not as_read.filter(status__in=JOB_MOVES[to]).update(**columns):
                raise StaleState(
                    _("%(job)s can no longer become %(status)s.")
                    % {"job": self, "status": JobStatus(to).label.lower()}
                )
            self.events.create(
                attempt=columns.get("attempt", self.attempt),
                was=self.status,
                became=to,
                actor=actor,
                by=mover.by,
                role=mover.role,
                worker=mover.worker,
                reason=changes.get("reason", ""),
            )
        for name, value in columns.items():
            if hasattr(value, "resolve_expression"):
                # The database computed it: a deferred field is read when asked for.
                self.__dict__.pop(name, None)
            else:
                setattr(self, name, value)

    def extend_lease(self, *, seconds: float) -> bool:
        """Heartbeat by the database's clock. False: the attempt is no longer ours."""
        return bool(
            PipelineJob.objects.filter(
                pk=self.pk, attempt=self.attempt, status=JobStatus.PROCESSING
            ).update(lease_expires_at=Now() + timedelta(seconds=seconds))
        )

"""Training runs: what a train job trains, and the keys that make submitting safe."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from preciso.clock import DatabaseNow
from preciso.trainers import trainer_choices
from training.choices import JobStatus, RunStatus, TrainingScope
from training.models.datasets import DatasetVersion, SampleQuerySet
from training.models.jobs import PipelineJob

RUN_STATUS = {
    JobStatus.PENDING: RunStatus.QUEUED,
    JobStatus.RETRYING: RunStatus.QUEUED,
    JobStatus.PROCESSING: RunStatus.RUNNING,
    JobStatus.COMPLETED: RunStatus.COMPLETED,
    JobStatus.FAILED: RunStatus.FAILED,
    JobStatus.DEAD_LETTER: RunStatus.FAILED,
    JobStatus.CANCELED: RunStatus.CANCELED,
}
TRAINING_DISABLED = "training_disabled"


class TrainingRunQuerySet(models.QuerySet["TrainingRun"]):
    def completed(self) -> Self:
        return self.filter(job__status=JobStatus.COMPLETED)

    def unregistered(self) -> Self:
        """Completed, but no model version was made of it yet."""
        return self.completed().filter(model_version_id=None)

    def trained_something(self) -> Self:
        """Not skipped: the switch was on when it was submitted."""
        return self.exclude(job__reason=TRAINING_DISABLED)

    def in_status(self, status: str) -> Self:
        """The runs whose (derived) status is ``status``; none if it is unknown."""
        jobs = [job for job, run in RUN_STATUS.items() if run == status]
        if status == RunStatus.SKIPPED:
            return self.filter(
                job__status=JobStatus.CANCELED, job__reason=TRAINING_DISABLED
            )
        runs = self.filter(job__status__in=jobs)
        if status == RunStatus.CANCELED:
            return runs.exclude(job__reason=TRAINING_DISABLED)
        return runs

    def for_table(self) -> Self:
        return self.select_related("job__created_by", "dataset_version").order_by("-pk")


class TrainingRun(models.Model):
    """Dataset version, trainer and arguments in; metrics and artifacts out.

    Its status is its job's; ``model_version_id`` and ``mlflow_run_id`` are filled in
    by the app above through services, which is why they are no foreign keys.
    """

    job = models.OneToOneField(
        PipelineJob, on_delete=models.PROTECT, related_name="run"
    )
    dataset_version = models.ForeignKey(
        DatasetVersion, on_delete=models.PROTECT, related_name="runs"
    )
    model_name = models.CharField(max_length=120)
    trainer = models.CharField(max_length=20, choices=trainer_choices)
    scope = models.CharField(
        max_length=10,
        choices=TrainingScope,
        default=TrainingScope.ALL,
        db_default=TrainingScope.ALL,
    )
    training_args = models.JSONField(default=dict, blank=True)
    local_model_path = models.CharField(max_length=500, blank=True, default="")
    notes = models.TextField(blank=True, default="")
    metrics = models.JSONField(default=dict, blank=True)
    report = models.JSONField(default=dict, blank=True)
    artifact_prefix = models.CharField(max_length=200, blank=True, default="")
    artifacts = models.JSONField(default=list, blank=True)
    artifact_sha256 = models.CharField(max_length=64, blank=True, default="")
    model_version_id = models.BigIntegerField(null=True, blank=True, unique=True)
    mlflow_run_id = models.CharField(max_length=64, blank=True, default="")

    objects = TrainingRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("training run")
        verbose_name_plural = _("training runs")
        permissions = [("train", _("Can train a model"))]
        indexes = [
            # The last trainings of a kind, however many there were of another.
            models.Index(fields=["trainer", "scope", "id"], name="run_kind")
        ]

    def __str__(self) -> str:
        return _("Run %(id)s of %(model)s") % {"id": self.pk, "model": self.model_name}

    @property
    def status(self) -> RunStatus:
        job = self.job
        if job.status == JobStatus.CANCELED and job.reason == TRAINING_DISABLED:
            return RunStatus.SKIPPED
        return RUN_STATUS[JobStatus(job.status)]

    def learnt_from(self) -> SampleQuerySet:
        """What its dataset contained, or added where it learnt that alone.

        Without the samples held out.
        """
        dataset = self.dataset_version
        whole = self.scope == TrainingScope.ALL
        samples = dataset.samples() if whole else dataset.added()
        return samples.filter(held_out=False)


class IdempotencyKey(models.Model):
    """A client's promise that two equal submissions are one. Kept for 24 hours."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    key = models.CharField(max_length=200)
    body_sha256 = models.CharField(max_length=64)
    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=DatabaseNow())

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [
            models.UniqueConstraint(
                name="idempotencykey_unique_per_user", fields=["user", "key"]
            )
        ]

    def __str__(self) -> str:
        return self.key

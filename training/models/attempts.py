"""What is kept of a job's attempts: who tried, what was logged and measured."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from preciso.clock import DatabaseNow
from training.choices import JobStatus
from training.models.jobs import PipelineJob


class JobAttempt(models.Model):
    """One try at a job: which worker, how long, how it ended."""

    job = models.ForeignKey(
        PipelineJob, on_delete=models.CASCADE, related_name="attempts"
    )
    number = models.PositiveIntegerField()
    worker = models.CharField(max_length=120)
    started_at = models.DateTimeField(db_default=DatabaseNow())
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=JobStatus, blank=True, default="")
    reason = models.CharField(max_length=40, blank=True, default="")
    trace = models.TextField(blank=True, default="")
    log_name = models.CharField(
        max_length=200, blank=True, default="", help_text=_("The complete log, stored.")
    )
    directory = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("job attempt")
        verbose_name_plural = _("job attempts")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                name="jobattempt_number_unique", fields=["job", "number"]
            )
        ]

    def __str__(self) -> str:
        return _("Attempt %(number)d of %(job)s") % {
            "number": self.number,
            "job": self.job,
        }


class JobLogLine(models.Model):
    """One line of a job's log; ``seq`` runs on through the attempts, from 1."""

    job = models.ForeignKey(
        PipelineJob, on_delete=models.CASCADE, related_name="log_lines"
    )
    seq = models.PositiveBigIntegerField()
    attempt = models.PositiveIntegerField()
    text = models.TextField()

    class Meta:
        verbose_name = _("log line")
        verbose_name_plural = _("log lines")
        constraints = [
            models.UniqueConstraint(name="joblogline_seq", fields=["job", "seq"])
        ]

    def __str__(self) -> str:
        return self.text


class JobMetric(models.Model):
    """One measured value a trainer reported."""

    job = models.ForeignKey(
        PipelineJob, on_delete=models.CASCADE, related_name="metrics"
    )
    attempt = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    value = models.FloatField()
    step = models.BigIntegerField(default=0)
    at = models.DateTimeField(db_default=DatabaseNow())

    class Meta:
        verbose_name = _("metric")
        verbose_name_plural = _("metrics")
        indexes = [models.Index(fields=["job", "name", "step"], name="jobmetric_curve")]

    def __str__(self) -> str:
        return f"{self.name} = {self.value:g}"


class WorkerBeat(models.Model):
    """One worker process that is alive, and when it last said so."""

    name = models.CharField(max_length=120, unique=True)
    host = models.CharField(max_length=120)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    beat_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        permissions = [("read_servicelog", _("Can read the service log"))]

    def __str__(self) -> str:
        return self.name

"""The ops console: what needs a person, and how the machinery is."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Max
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mlops.models import OutboxEvent, ServingState
from mlops.services import serving
from training.choices import JobStatus
from training.models import AuditLink, PipelineJob, WorkerBeat
from training.services.audit import waiting_for_chain

SILENT_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class Chain:
    """How far the audit chain reaches."""

    length: int
    head: str
    pending: int
    newest: Any


def queue() -> dict[str, Any]:
    """The waiting and running jobs, and how long the oldest has waited."""
    oldest = PipelineJob.objects.due().order_by("run_after").first()
    rows = PipelineJob.objects.values_list("status").annotate(n=Count("pk")).order_by()
    counts: dict[str, int] = dict(rows)
    return {
        "waiting": counts.get(JobStatus.PENDING, 0) + counts.get(JobStatus.RETRYING, 0),
        "running": list(
            PipelineJob.objects.filter(status=JobStatus.PROCESSING).for_table()
        ),
        "oldest": oldest,
        "done": counts.get(JobStatus.COMPLETED, 0),
    }


def workers() -> list[WorkerBeat]:
    """The workers that have reported within the last minute."""
    alive = timezone.now() - SILENT_AFTER
    return list(WorkerBeat.objects.filter(beat_at__gte=alive).order_by("name"))


def mirror() -> dict[str, Any]:
    """What MLflow must still be told, and what it answered last."""
    waiting = OutboxEvent.objects.undelivered()
    failed = waiting.exclude(last_error="").order_by("-pk").first()
    told = OutboxEvent.objects.exclude(delivered_at=None)
    return {
        "waiting": waiting.count(),
        "problem": failed.last_error if failed else "",
        "last_told": told.aggregate(at=Max("delivered_at"))["at"],
    }


def chain() -> Chain:
    head = AuditLink.objects.select_related("event").order_by("-position").first()
    return Chain(
        length=head.position if head else 0,
        head=head.hash if head else "",
        pending=waiting_for_chain().count(),
        newest=head.event.at if head else None,
    )


def hold() -> ServingState | None:
    """The serving state while automatic promotion is on hold, else None."""
    state = serving.state()
    return state if state.on_hold else None


SEVERITY: dict[str, tuple[str | Promise, str, str]] = {  # words, tone, icon
    "blocker": (_("Critical"), "bad", "alert"),
    "warning": (pgettext_lazy("severity", "Recommended"), "warn", "info"),
    "info": (_("Good to know"), "", "info"),
}

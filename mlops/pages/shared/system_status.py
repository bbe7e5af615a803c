"""What the ops console and Setup show: queue, workers, room, mirror, audit chain."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mlops.mirror.outbox import mirror_status
from mlops.models import ServingState
from mlops.pages.shared.job_lists import by_status
from mlops.serving import off_switch, periods, selection
from training.choices import JobKind, JobStatus
from training.models import AuditLink, PipelineJob, WorkerBeat
from training.services.audit.chain import waiting_for_chain
from training.services.budget.allowance import left_in_words
from training.services.budget.ledger import allowance
from training.services.policy import policies

SILENT_AFTER, FORGOTTEN_AFTER = timedelta(minutes=1), timedelta(hours=1)
WORKERS = 20
FIXES = {  # where a check that fails is mended: the page, and the right it takes
    "training_enabled": ("mlops:settings", "training.view_trainingpolicy"),
    "trainer": ("mlops:settings", "training.view_trainingpolicy"),
    "cases": ("mlops:approvals", "training.view_case"),
    "serving": ("mlops:models", "mlops.view_modelversion"),
    "stop_drill": ("mlops:models", "mlops.stop_serving"),
    "serving_times": ("mlops:setup", "training.view_pipelinejob"),
    "audit_chain": ("mlops:logs", "training.view_auditevent"),
    "people": ("mlops:settings-people", "auth.change_user"),
}


@dataclass(frozen=True)
class WorkerStatus:
    """A worker process, and whether it has stopped reporting."""

    beat: WorkerBeat
    is_silent: bool


@dataclass(frozen=True)
class ChainStatus:
    """How far the audit chain reaches."""

    length: int
    head: str
    pending: int
    newest: Any


def queue() -> dict[str, Any]:
    """The waiting and running jobs, and how long the oldest has waited."""
    oldest = PipelineJob.objects.due().order_by("run_after").first()
    counts = by_status()
    return {
        "waiting": counts[JobStatus.PENDING] + counts[JobStatus.RETRYING],
        "running": list(
            PipelineJob.objects.filter(status=JobStatus.PROCESSING).for_table()
        ),
        "oldest": oldest,
        "done": counts[JobStatus.COMPLETED],
    }


def workers() -> list[WorkerStatus]:
    """Those that reported within an hour; one silent for a minute is marked."""
    now = timezone.now()
    beats = WorkerBeat.objects.filter(beat_at__gte=now - FORGOTTEN_AFTER)
    return [
        WorkerStatus(beat, is_silent=beat.beat_at < now - SILENT_AFTER)
        for beat in beats.order_by("-beat_at")[:WORKERS]
    ]


def room() -> dict[str, Any]:
    """Training slots, disk and budget: what the next training needs."""
    training = PipelineJob.objects.filter(
        status=JobStatus.PROCESSING, kind=JobKind.TRAIN
    )
    try:
        free_bytes = shutil.disk_usage(settings.DATA_DIR).free
    except OSError:  # the folder is away; health checks say so
        free_bytes = None
    left = allowance(policies.policy(), timezone.now())
    return {
        "slots": settings.TRAIN_SLOTS,
        "taken": training.count(),
        "free_bytes": free_bytes,
        "budget": left_in_words(left),
    }


def mirror() -> dict[str, Any]:
    """What MLflow must still be told, and what it answered last."""
    status = mirror_status()
    return {
        "is_on": status.enabled,
        "waiting": status.pending,
        "since": status.oldest_pending_at,
        "last_told": status.last_delivered_at,
        "problem": status.trouble.label if status.failing else "",
        "raw": status.last_error if status.failing else "",
    }


def chain() -> ChainStatus:
    head = AuditLink.objects.select_related("event").order_by("-position").first()
    return ChainStatus(
        length=head.position if head else 0,
        head=head.hash if head else "",
        pending=waiting_for_chain().count(),
        newest=head.event.at if head else None,
    )


def way_back() -> dict[str, Any]:
    """What serves, and what a rollback would bring back."""
    period = selection.current_period()
    return {"period": period, "back_to": periods.rollback_target(period)}


def emergency() -> dict[str, Any]:
    """Whether the off switch is pressed, what else there is, and when it was tried."""
    state = selection.state()
    current = selection.current_period()
    return {
        "stopped": current is not None and current.is_stopped,
        "fallback": state.fallback,
        "drill": off_switch.last_drill(),
        "is_due": off_switch.is_drill_due(),
    }


def hold() -> ServingState | None:
    """The serving state while automatic promotion is on hold, else None."""
    state = selection.state()
    return state if state.on_hold else None


SEVERITY: dict[str, tuple[str | Promise, str, str]] = {  # words, tone, icon
    "blocker": (_("Critical"), "bad", "alert"),
    "warning": (pgettext_lazy("severity", "Recommended"), "warn", "info"),
    "info": (_("Good to know"), "", "info"),
}

GROUPS: dict[str, tuple[str | Promise, str | Promise]] = {
    "blocker": (_("Must be fixed"), _("Until then this installation does not work.")),
    "warning": (_("Should be fixed"), _("It works, but not as well or safely.")),
    "info": (_("Good to know"), _("Nothing is wrong; it may be what you want.")),
}


def fix_urls(person: User, keys: list[str]) -> dict[str, str]:
    """Where this person can mend what a check found, by the key of the check."""
    known = {key: FIXES[key] for key in keys if key in FIXES}
    return {
        key: reverse(name)
        for key, (name, perm) in known.items()
        if person.has_perm(perm) and (person.is_staff or not name.startswith("admin:"))
    }

"""The outbox: events for MLflow, stored in the transaction of what they report.

Writing a row never talks to MLflow. With MLFLOW_TRACKING_URI=off nothing is written;
``enqueue_missing`` catches up once it is switched on.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from mlops.choices import MirrorTrouble, OutboxKind
from mlops.models import (
    MirrorLease,
    ModelVersion,
    OutboxEvent,
    ServingPeriod,
)
from preciso.clock import DatabaseNow
from preciso.request_cache import read_once
from training.errors import InvalidInput, NotAllowedNow
from training.models import AuditEvent
from training.models.audit import Actor

OFF = "off"
OUR_TAGS = "preciso."
LONGEST_NAME, MOST_ENTRIES = 200, 100


def is_on() -> bool:
    return bool(settings.MLFLOW_TRACKING_URI != OFF)


def version_registered(version: ModelVersion) -> OutboxEvent | None:
    """Tell of a version and the run it came from; None when the mirror is off."""
    return _enqueue(
        OutboxKind.VERSION_REGISTERED,
        key=f"version:{version.pk}",
        payload={"model_version_id": version.pk},
    )


def serving_changed(period: ServingPeriod) -> OutboxEvent | None:
    """Tell that another version serves since now; None when the mirror is off."""
    return _enqueue(
        OutboxKind.SERVING_CHANGED,
        key=f"period:{period.pk}",
        payload={"serving_period_id": period.pk},
    )


def serving_put_right(period: ServingPeriod) -> OutboxEvent | None:
    """Tell again since when it serves: what was told lay in the future."""
    return _enqueue(
        OutboxKind.SERVING_CHANGED,
        key=f"period:{period.pk}:since:{period.since.isoformat()}",
        payload={"serving_period_id": period.pk, "put_right": True},
    )


@dataclass(frozen=True)
class RunStart:
    """An MLflow run that a person starts by hand, to log into it from elsewhere."""

    experiment: str = ""
    name: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for label, text in (("experiment", self.experiment), ("name", self.name)):
            if not isinstance(text, str) or len(text) > LONGEST_NAME:
                raise InvalidInput(
                    _("%(field)s is not a text of at most %(limit)d characters.")
                    % {"field": label, "limit": LONGEST_NAME}
                )
        for label, entries in (("params", self.params), ("tags", self.tags)):
            if not isinstance(entries, Mapping) or len(entries) > MOST_ENTRIES:
                raise InvalidInput(
                    _("%(field)s is not an object of at most %(limit)d entries.")
                    % {"field": label, "limit": MOST_ENTRIES}
                )
        if any(str(tag).startswith(OUR_TAGS) for tag in self.tags):
            raise InvalidInput(
                _("Tags that start with %(start)s are Preciso's own.")
                % {"start": OUR_TAGS}
            )


@transaction.atomic
def start_run(start: RunStart, *, by: Actor) -> OutboxEvent:
    """Ask the mirror to start a run in MLflow; it does so within seconds.

    Raises NotAllowedNow when the mirror is off.
    """
    event = _enqueue(
        OutboxKind.RUN_STARTED,
        key=f"run:{uuid.uuid4()}",
        payload={
            "experiment": start.experiment or settings.TRAINING_MODEL_NAME,
            "name": start.name,
            "params": dict(start.params),
            "tags": {str(key): str(value) for key, value in start.tags.items()},
        },
    )
    if event is None:
        raise NotAllowedNow(
            _(
                "MLflow is switched off here (MLFLOW_TRACKING_URI=off), so no run "
                "can be started in it."
            ),
            code="mlflow_off",
        )
    AuditEvent.objects.record("mlflow.run_started", actor=by, subject=event)
    return event


@transaction.atomic
def try_again(event: OutboxEvent, *, by: Actor) -> OutboxEvent:
    """Do not wait any longer. Raises NotAllowedNow if MLflow has been told."""
    waiting = OutboxEvent.objects.undelivered().filter(pk=event.pk)
    if not waiting.update(try_after=DatabaseNow()):
        raise NotAllowedNow(_("MLflow has been told this already."))
    AuditEvent.objects.record("mlflow.tried_again", actor=by, subject=event)
    return event


def enqueue_missing() -> int:
    """Store the events that are missing because the mirror was off; how many."""
    if not is_on():
        return 0
    events = OutboxEvent.objects.values("key")
    count = 0
    for version in ModelVersion.objects.filter(mirrored=None).order_by("pk"):
        if not events.filter(key=f"version:{version.pk}").exists():
            version_registered(version)
            count += 1
    current = ServingPeriod.objects.open().first()
    if current and not events.filter(key=f"period:{current.pk}").exists():
        serving_changed(current)
        count += 1
    return count


def is_work_due() -> bool:
    """Whether an event is due and no process delivers. Asked about every second."""
    return (
        is_on()
        and OutboxEvent.objects.due().exists()
        and not MirrorLease.objects.is_held()
    )


@dataclass(frozen=True)
class MirrorProgress:
    """How far MLflow has been told, from the mirror's own tables alone."""

    enabled: bool
    store: str
    pending: int
    failing: int
    oldest_pending_at: datetime | None
    last_delivered_at: datetime | None
    last_error: str
    trouble: MirrorTrouble
    delivering: bool


@read_once
def mirror_status() -> MirrorProgress:
    events = OutboxEvent.objects.all()
    oldest = events.undelivered().order_by("pk").first()
    newest = events.delivered().order_by("-delivered_at").first()
    failing = events.failing().order_by("-tries", "-pk")
    worst = failing.first()
    return MirrorProgress(
        enabled=is_on(),
        store=store_label(),
        pending=events.undelivered().count(),
        failing=failing.count(),
        oldest_pending_at=oldest.created_at if oldest else None,
        last_delivered_at=newest.delivered_at if newest else None,
        last_error=worst.last_error if worst else "",
        # Rows that were tried by an older version have none until the next try.
        trouble=MirrorTrouble((worst and worst.trouble) or MirrorTrouble.REFUSED),
        delivering=MirrorLease.objects.is_held(),
    )


def store_label() -> str:
    """Where MLflow is, without a password and without a path of this machine."""
    if not is_on():
        return OFF
    parts = urlsplit(settings.MLFLOW_TRACKING_URI)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}" if host else parts.scheme


def _enqueue(
    kind: OutboxKind, *, key: str, payload: dict[str, Any]
) -> OutboxEvent | None:
    if not is_on():
        return None
    event, _is_new = OutboxEvent.objects.get_or_create(
        key=key, defaults={"kind": kind, "payload": payload}
    )
    return event

"""The audit events of what people and roles may do, each with the hash of a record.

An event carries the hash of the rights that result and the hash of those before. So
``verify_audit`` finds a right that was given by SQL, also where an honest change came
after it (ADR 46).
"""

from typing import Any

from django.contrib.auth.models import Group, User

from training.models import AuditEvent
from training.models.audit import Actor
from training.records import DeletedRow, record_of

RightsHolder = User | Group
BEFORE_SHA256 = "was_sha256"  # the key in the event's detail


def rights_sha256(holder: RightsHolder) -> str:
    """The hash of what the tables say of somebody or a role; "" where no row exists."""
    row = type(holder)._base_manager.filter(pk=holder.pk).first()
    return str(record_of(row)["sha256"]) if row else ""


def record_rights(
    action: str,
    holder: RightsHolder,
    *,
    by: Actor,
    previous_sha256: str = "",
    **detail: Any,
) -> AuditEvent:
    """Write the event of a change, after the change itself was written.

    ``previous_sha256`` is ``rights_sha256`` from before the change, read after
    ``roles.lock_rights``; empty for who or what is new.
    """
    row = type(holder)._base_manager.get(pk=holder.pk)
    if previous_sha256:
        detail[BEFORE_SHA256] = previous_sha256
    return AuditEvent.objects.record(
        action, actor=by, subject=holder, records=[row], **detail
    )


def record_deletion(
    action: str, holder: RightsHolder, *, by: Actor, previous_sha256: str
) -> AuditEvent:
    """Write the event of a deletion, before the row is deleted."""
    deletion = DeletedRow(str(holder._meta.model_name), holder.pk)
    return AuditEvent.objects.record(
        action,
        actor=by,
        subject=holder,
        records=[deletion],
        **{BEFORE_SHA256: previous_sha256},
    )

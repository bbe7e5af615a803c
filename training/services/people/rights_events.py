"""What people and roles may do, as records: each event that changes it proves it.

The event carries the hash of what results and the hash of what was there before. So
``verify_audit`` finds a right that was given by SQL, also where an honest change came
after it.
"""

from typing import Any

from django.contrib.auth.models import Group, User

from training.models import AuditEvent
from training.models.audit import Actor
from training.records import Gone, record_of

Subject = User | Group
WAS = "was_sha256"  # in the event's detail


def proof(subject: Subject) -> str:
    """The hash of what the tables have of somebody or a role; empty where nothing."""
    row = type(subject)._base_manager.filter(pk=subject.pk).first()
    return str(record_of(row)["sha256"]) if row else ""


def tell(
    action: str, subject: Subject, *, by: Actor, was: str = "", **detail: Any
) -> AuditEvent:
    """Write the event of a change, after it was written itself.

    ``was`` is ``proof`` of before, read after ``roles.one_at_a_time``; empty for who
    or what is new.
    """
    row = type(subject)._base_manager.get(pk=subject.pk)
    before = {WAS: was} if was else {}
    return AuditEvent.objects.record(
        action, actor=by, subject=subject, records=[row], **detail, **before
    )


def tell_gone(action: str, subject: Subject, *, by: Actor, was: str) -> AuditEvent:
    """Write the event of a deletion, before it."""
    gone = Gone(str(subject._meta.model_name), subject.pk)
    return AuditEvent.objects.record(
        action, actor=by, subject=subject, records=[gone], **{WAS: was}
    )

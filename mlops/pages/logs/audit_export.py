"""The audit trail leaves the system: that is itself written to the trail."""

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.db import transaction

from training.models import AuditEvent


def note_access_export(
    *, by: User, entries: int, form: str, narrowed: Mapping[str, str]
) -> AuditEvent:
    """The same of the access log."""
    with transaction.atomic():
        return AuditEvent.objects.record(
            "access.exported",
            actor=by,
            subject=by,
            entries=entries,
            form=form,
            narrowed=dict(narrowed),
        )


@transaction.atomic
def note_export(
    *, by: User, entries: int, form: str, narrowed: Mapping[str, str]
) -> AuditEvent:
    """Who takes how many entries along, in which form and narrowed to what."""
    return AuditEvent.objects.record(
        "audit.exported",
        actor=by,
        subject=by,
        entries=entries,
        form=form,
        narrowed=dict(narrowed),
    )

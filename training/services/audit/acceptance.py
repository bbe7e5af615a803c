"""A person says that a finding of the sealer is in order: in the trail, with a reason.

After a database was restored from a backup, say, the chain is shorter than the head
that was kept. Nothing is accepted silently: what was kept stays in the event.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from training.errors import NotAllowedNow
from training.models import AuditEvent
from training.models.audit import Actor
from training.services.audit import head_files
from training.services.audit.chain import ACCEPTED, chain_head
from training.services.people import rights_events
from training.values import stated_reason


def accept_head(*, by: Actor, reason: str) -> AuditEvent:
    """The chain goes on from where the database has it.

    Raises InvalidInput without a reason, NotAllowedNow where nothing contradicts.
    """
    reason = _required(reason)
    wrong = head_files.contradiction(head_files.stored_heads())
    if wrong is None:
        raise NotAllowedNow(_("The chain passes through the head that was kept."))
    last = chain_head()
    with transaction.atomic():
        event = AuditEvent.objects.record(
            ACCEPTED,
            actor=by,
            subject=last,
            reason=reason,
            kept=vars(wrong.stored),
            now={"position": last.position, "hash": last.hash},
        )
    head_files.accept(head_files.Head(last.position, last.hash))
    return event


@transaction.atomic
def accept_event(event: AuditEvent, *, by: Actor, reason: str) -> AuditEvent:
    """An event whose date does not fit is chained all the same, from now on."""
    reason = _required(reason)
    if hasattr(event, "link"):
        raise NotAllowedNow(_("That entry is in the chain already."))
    return AuditEvent.objects.record(
        ACCEPTED, actor=by, subject=event, reason=reason, event=event.pk
    )


@transaction.atomic
def accept_standing(
    subject: rights_events.RightsHolder, *, by: Actor, reason: str
) -> AuditEvent:
    """What somebody or a role may do is in order as the tables have it now.

    Where a program of Django or of the company's own changed it past the services.
    """
    return rights_events.record_rights(
        ACCEPTED, subject, by=by, reason=_required(reason)
    )


def _required(reason: str) -> str:
    return stated_reason(reason, _("Say why this is in order."))

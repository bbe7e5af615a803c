"""Checks of the audit trail: whether it is sealed, and its head kept elsewhere."""

from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from mlops.health.base import BLOCKER, Finding
from preciso.clock import database_now
from training.models import AuditEvent
from training.services.audit import head_files
from training.services.audit.anchors import ANCHORED
from training.services.audit.chain import (
    ACCEPTED,
    REFUSED,
    chain_head,
    out_of_time,
    waiting_for_chain,
)

UNSEALED_FOR = timedelta(minutes=1)


def audit_chain() -> Finding:
    wrong = head_files.contradiction(head_files.stored_heads())
    about_heads = Q(action__in=(REFUSED, ACCEPTED), subject_type="auditlink")
    newest = AuditEvent.objects.filter(about_heads).last()
    if wrong is not None or (newest is not None and newest.action == REFUSED):
        return Finding(
            _("The audit trail is sealed no further: it is not what was sealed."),
            _(
                "Keep the database as it is and run manage.py verify_audit. After a "
                "restore from a backup: manage.py accept_audit --reason."
            ),
            severity=BLOCKER,
        )
    strange = out_of_time(waiting_for_chain()).values_list("pk", flat=True)[:1]
    if strange:
        return Finding(
            _("Entry %(id)d of the audit trail has a date that does not fit.")
            % {"id": strange[0]},
            _(
                "It is not sealed. Find out who wrote it; if it is in order: "
                "manage.py accept_audit --event ID --reason."
            ),
            severity=BLOCKER,
        )
    position = chain_head().position
    since = database_now() - UNSEALED_FOR
    late = waiting_for_chain().filter(at__lt=since).exists()
    message = _("The audit trail is sealed up to entry %(position)d.") % {
        "position": position
    }
    if late:
        return Finding(
            message + " " + _("Entries after it have waited for over a minute."),
            _("The worker seals them: check that one is running."),
        )
    return Finding(message)


def audit_anchor() -> Finding:
    """Whether the last head went wherever it was to go."""
    last = AuditEvent.objects.filter(action=ANCHORED).order_by("-pk").first()
    if last is None:
        return Finding(_("The head of the audit trail was kept nowhere else yet."))
    if last.detail["failed"]:
        return Finding(
            _("The head of the audit trail could not be sent: %(ways)s.")
            % {"ways": ", ".join(sorted(last.detail["failed"]))},
            _(
                "The entry of the audit trail says why. Mend the settings that begin "
                "with AUDIT_ANCHOR; it is tried again within the hour."
            ),
        )
    if not last.detail["sent"]:
        return Finding(
            _(
                "The head of the audit trail is kept in a file of this machine only; "
                "AUDIT_ANCHOR_MAIL and its neighbors send it further."
            )
        )
    return Finding(_("The head of the audit trail is kept outside this machine."))

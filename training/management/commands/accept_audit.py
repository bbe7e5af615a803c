"""`manage.py accept_audit`: say that a finding of the audit's sealer is in order."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from training.errors import DomainError
from training.models import AuditEvent
from training.services.audit_accept import accept_event, accept_head


class Command(BaseCommand):
    help = (
        "Let the audit chain go on although it contradicts the head that was kept on "
        "this host (after a restore, say), or chain entries whose dates do not fit. "
        "Written to the audit trail with the reason."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True, help="why this is in order")
        parser.add_argument(
            "--event",
            type=int,
            action="append",
            default=[],
            help="the id of an entry that was refused; without it, the head",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if not options["event"]:
                accept_head(by=None, reason=options["reason"])
            for pk in options["event"]:
                event = AuditEvent.objects.get(pk=pk)
                accept_event(event, by=None, reason=options["reason"])
        except (DomainError, AuditEvent.DoesNotExist) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write("accepted; it is in the audit trail")

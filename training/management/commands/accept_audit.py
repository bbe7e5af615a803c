"""`manage.py accept_audit`: say that a finding of the audit's sealer is in order."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError, CommandParser

from training.errors import DomainError
from training.models import AuditEvent
from training.services.audit.acceptance import (
    accept_event,
    accept_head,
    accept_standing,
)


class Command(BaseCommand):
    help = (
        "Let the audit chain go on although it contradicts the head that was kept on "
        "this host (after a restore, say), chain entries whose dates do not fit, or "
        "take what a person or a role may do for right as it is now. Written to the "
        "audit trail with the reason."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True, help="why this is in order")
        parser.add_argument(
            "--event",
            type=int,
            action="append",
            default=[],
            help="the id of an entry that was refused; without any of these, the head",
        )
        parser.add_argument(
            "--person",
            action="append",
            default=[],
            help="the user name of somebody whose rights no entry tells of",
        )
        parser.add_argument(
            "--role",
            action="append",
            default=[],
            help="the name of a role whose rights no entry tells of",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reason = options["reason"]
        try:
            if not any(options[name] for name in ("event", "person", "role")):
                accept_head(by=None, reason=reason)
            for pk in options["event"]:
                accept_event(AuditEvent.objects.get(pk=pk), by=None, reason=reason)
            for name in options["person"]:
                person = User.objects.get(username=name)
                accept_standing(person, by=None, reason=reason)
            for name in options["role"]:
                role = Group.objects.get(name=name)
                accept_standing(role, by=None, reason=reason)
        except (DomainError, ObjectDoesNotExist) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write("accepted; it is in the audit trail")

"""`manage.py create_token USER`: an API token, shown once."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from training.errors import DomainError
from training.services.people.tokens import DEFAULT_DAYS, create_token

WARNING = (
    "This token lasts longer than usual: whoever finds it acts in this name until "
    "somebody notices. Revoke it on the page Settings, API tokens."
)


class Command(BaseCommand):
    help = "Make an API token for USER and print it; it cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER")
        parser.add_argument(
            "--scope",
            action="append",
            default=[],
            metavar="S",
            help="A permission such as training.review_case, or `read`; repeatable. "
            "Without it: all rights of USER.",
        )
        lasting = parser.add_mutually_exclusive_group()
        lasting.add_argument(
            "--days",
            type=int,
            default=DEFAULT_DAYS,
            help=f"Days until it expires; by default {DEFAULT_DAYS}.",
        )
        lasting.add_argument(
            "--never-expires", action="store_true", help="Until it is revoked."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        known = User.objects.filter(is_active=True)
        user = known.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no active user {options['user']!r}.")
        days = None if options["never_expires"] else options["days"]
        if days is None or days > DEFAULT_DAYS:
            self.stderr.write(WARNING)
        try:
            _token, secret = create_token(
                user, by=None, scopes=options["scope"], days=days
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(secret)

"""`manage.py create_token USER`: an API token, shown once."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from training.errors import DomainError
from training.services.tokens import create_token


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
        parser.add_argument("--days", type=int, help="Days until it expires.")

    def handle(self, *args: Any, **options: Any) -> None:
        known = User.objects.filter(is_active=True)
        user = known.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no active user {options['user']!r}.")
        try:
            _token, secret = create_token(
                user, by=None, scopes=options["scope"], days=options["days"]
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(secret)

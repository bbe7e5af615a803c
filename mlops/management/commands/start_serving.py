"""`manage.py start_serving`: what served before it was stopped serves again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mlops.management.command_actor import who_may
from mlops.serving.off_switch import start_serving
from training.errors import DomainError


class Command(BaseCommand):
    help = "Start serving again with the version that was stopped. Audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", required=True, help="Kept in the history.")
        parser.add_argument("--as", dest="user", metavar="USER", help="Who does it.")

    def handle(self, *args: Any, **options: Any) -> None:
        by = who_may(options["user"], "mlops.start_serving")
        try:
            period = start_serving(by=by, reason=options["reason"])
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"started {period.model_version}")

"""`manage.py stop_serving`: people decide, from the next request on."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mlops.management.command_actor import who_may
from mlops.serving.off_switch import stop_serving
from training.errors import DomainError


class Command(BaseCommand):
    help = "Stop serving: no model answers until somebody starts it again. Audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", required=True, help="Kept in the history.")
        parser.add_argument("--drill", action="store_true", help="To see it work.")
        parser.add_argument("--as", dest="user", metavar="USER", help="Who does it.")

    def handle(self, *args: Any, **options: Any) -> None:
        by = who_may(options["user"], "mlops.stop_serving")
        try:
            _period, changed = stop_serving(
                by=by, reason=options["reason"], drill=options["drill"]
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write("stopped" if changed else "stopped already")

"""`manage.py put_periods_right`: serving periods that begin in the future."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mlops.management.command_actor import who_may
from mlops.serving.period_corrections import put_periods_right
from preciso.api_fields import moment
from training.errors import DomainError


class Command(BaseCommand):
    help = "Put serving periods that begin in the future, because a clock was wrong, "
    help += "at a moment that has passed. Audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", required=True, help="What was wrong.")
        parser.add_argument(
            "--began",
            metavar="TIME",
            help="When the first of them really began (ISO 8601 with an offset). "
            "Without it, the last one begins now.",
        )
        parser.add_argument("--as", dest="user", metavar="USER", help="Who does it.")

    def handle(self, *args: Any, **options: Any) -> None:
        by = who_may(options["user"], "mlops.put_periods_right")
        try:
            began = moment(options["began"]) if options["began"] else None
        except ValueError as error:
            raise CommandError("--began is no ISO 8601 time with an offset.") from error
        try:
            periods = put_periods_right(by=by, reason=options["reason"], began=began)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"put right {len(periods)}")

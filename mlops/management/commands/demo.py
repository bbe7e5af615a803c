"""`manage.py demo`: the whole loop on real decisions; see mlops/demo/steps.py."""

import os
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from mlops.demo.applications import applications
from mlops.demo.errors import DemoFailed
from mlops.demo.installation import Installation
from mlops.demo.printer import Printer
from mlops.demo.steps import tell


class Command(BaseCommand):
    help = (
        "Play the whole loop on real mortgage decisions, through HTTP, in an "
        "installation of its own; exit 0 and a last line `demo: ok` if all went well."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        # Ending in good order stops web and worker and removes the data directory.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        os.chdir(settings.BASE_DIR)
        rows = applications()
        printer = Printer(self._print)
        printer.say(f"The whole loop on {len(rows):,} real mortgage decisions of 1990.")
        with Installation() as installation:
            try:
                tell(installation, printer, rows)
            except KeyboardInterrupt:
                sys.exit(130)
            except Exception as failure:  # noqa: BLE001 - whatever broke, say where
                reason = failure if isinstance(failure, DemoFailed) else repr(failure)
                printer.say("")
                printer.say(f"demo: failed in {printer.step_now}: {reason}")
                printer.say(installation.tail_of_logs())
                sys.exit(1)
        printer.say("")
        printer.say(f"All of it took {printer.seconds:.0f} seconds.")
        printer.say("demo: ok")

    def _print(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

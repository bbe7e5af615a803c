"""`manage.py preflight`: does everything work that the system needs?"""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from mlops.health import BLOCKER, INFO, WARNING, Check, run_checks

MARKS = {BLOCKER: "FAIL", WARNING: "warn", INFO: "note"}


class Command(BaseCommand):
    help = "Run the setup checks; exit 1 if a blocker fails."
    requires_system_checks: list[str] = []  # it tells of them itself

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="For programs.")

    def handle(self, *args: Any, **options: Any) -> None:
        checks = run_checks()
        blocked = any(check.blocks for check in checks)
        if options["json"]:
            rows = [asdict(check) for check in checks]
            answer = {"ok": not blocked, "checks": rows}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            self._tell(checks)
        if blocked:
            sys.exit(1)

    def _tell(self, checks: list[Check]) -> None:
        width = max((len(check.key) for check in checks), default=0)
        for check in checks:
            mark = "ok" if check.ok else MARKS[check.severity]
            self.stdout.write(f"{mark:<5} {check.key:<{width}}  {check.message}")
            if not check.ok and check.fix:
                self.stdout.write(f"      {'':<{width}}  {check.fix}")

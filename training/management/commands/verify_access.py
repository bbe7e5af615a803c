"""`manage.py verify_access`: compare the access log with the audit trail."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from training.services.access.access_days import verify_access_log


class Command(BaseCommand):
    help = "Checks the access log against the audit trail; ends with 1 if it differs."

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify_access_log()
        if report.problem:
            raise CommandError(report.problem)
        self.stdout.write(f"ok: {report.days} closed day(s)")

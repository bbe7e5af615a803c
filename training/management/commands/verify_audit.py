"""`manage.py verify_audit`: recompute the hash chain over the audit events."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from training.services.audit import verify_chain


class Command(BaseCommand):
    help = (
        "Check the audit chain; exit 1 naming the first bad row. Keep the printed head "
        "hash elsewhere: a chain cut off at its end shows only against it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify_chain()
        if not report.ok:
            raise CommandError(
                f"The audit chain is broken after {report.length} events: "
                f"{report.problem}."
            )
        self.stdout.write(
            f"audit chain: ok, {report.length} events, {report.pending} not yet chained"
        )
        self.stdout.write(f"head: {report.head}")

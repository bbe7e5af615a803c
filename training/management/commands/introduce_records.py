"""`manage.py introduce_records`: part of preparing an installation, after `migrate`."""

from typing import Any

from django.core.management.base import BaseCommand

from training.services.audit.record_coverage import introduce_records


class Command(BaseCommand):
    help = "Write down once which rows are older than the hashes in audit events."

    def handle(self, *args: Any, **options: Any) -> None:
        introduce_records()

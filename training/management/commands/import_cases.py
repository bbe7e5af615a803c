"""`manage.py import_cases FILE`: cases from CSV or JSON lines."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, BinaryIO

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from training.errors import DomainError
from training.services.cases.imports import ImportOptions, ImportReport, import_cases

STDIN = "-"


class Command(BaseCommand):
    help = "Import cases as the system; good lines are kept, bad ones listed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="A path; - is the input.")
        parser.add_argument(
            "--format",
            choices=["csv", "jsonl"],
            help="By default, csv where FILE ends in .csv, else jsonl.",
        )
        parser.add_argument(
            "--id-column", default="", metavar="C", help="Becomes the external_id."
        )
        parser.add_argument(
            "--decision-column",
            default="",
            metavar="C",
            help="Replay this column as approving reviews of the user given by --as.",
        )
        parser.add_argument(
            "--ignore-column",
            action="append",
            default=[],
            metavar="C",
            help="Drop this column; repeatable.",
        )
        parser.add_argument(
            "--protected-column",
            action="append",
            default=[],
            metavar="C",
            help="Keep for fairness checks only; repeatable.",
        )
        parser.add_argument(
            "--as", dest="replay_as", metavar="USER", help="Who decided the cases."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reviewer = _reviewer(options["replay_as"], options["decision_column"])
        is_csv = options["file"].lower().endswith(".csv")
        file_format = options["format"] or ("csv" if is_csv else "jsonl")
        try:
            with _open(options["file"]) as stream:
                report = import_cases(
                    stream,
                    ImportOptions(
                        format=file_format,
                        decision_column=options["decision_column"],
                        id_column=options["id_column"],
                        ignore_columns=tuple(options["ignore_column"]),
                        protected_columns=tuple(options["protected_column"]),
                    ),
                    by=None,
                    replay_as=reviewer,
                )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self._print(report)
        if report.refused:
            sys.exit(1)

    def _print(self, report: ImportReport) -> None:
        self.stdout.write(
            f"imported {report.imported}, skipped {report.skipped}, "
            f"refused {report.refused_count}"
        )
        for refusal in report.refused:
            self.stdout.write(f"line {refusal.line}: {refusal.reason}")
        if report.refused_count > len(report.refused):
            more = report.refused_count - len(report.refused)
            self.stdout.write(f"and {more} more lines that are not listed")


def _reviewer(name: str | None, decision_column: str) -> User | None:
    if bool(name) != bool(decision_column):
        raise CommandError("--decision-column and --as USER belong together.")
    if not name:
        return None
    person = User.objects.filter(username=name, is_active=True).first()
    if person is None:
        raise CommandError(f"There is no active user {name!r}.")
    return person


def _open(file: str) -> BinaryIO:
    if file == STDIN:
        return sys.stdin.buffer
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error

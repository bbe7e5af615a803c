"""`manage.py import_cases FILE`: cases from a file."""

import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from preciso import limits
from training.errors import DomainError
from training.services.cases.imports import ImportOptions, ImportReport, import_cases
from training.services.cases.table_imports import import_table, recognised
from training.tables.layout import LeftOut
from training.tables.proposals import ColumnChoices, Proposal, ProposedColumn
from training.tables.sources import FileForm

STDIN = "-"
AUTO = "auto"


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
            "--recipe",
            metavar="R",
            help=(
                "auto: recognise the form of the file (CSV of any kind and encoding, "
                "XLSX, XLS, ODS, Parquet, JSON, also gzipped or zipped), its table and "
                "how each column is read; print that, then import."
            ),
        )
        parser.add_argument(
            "--as", dest="replay_as", metavar="USER", help="Who decided the cases."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["recipe"]:
                report = self._by_recipe(options)
            else:
                report = self._as_it_stands(options)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self._print(report)
        if report.refused:
            sys.exit(1)

    def _as_it_stands(self, options: dict[str, Any]) -> ImportReport:
        """CSV or JSON lines in UTF-8, each value as it stands."""
        if bool(options["replay_as"]) != bool(options["decision_column"]):
            raise CommandError("--decision-column and --as USER belong together.")
        is_csv = options["file"].lower().endswith(".csv")
        with _open(options["file"]) as stream:
            return import_cases(
                stream,
                ImportOptions(
                    format=options["format"] or ("csv" if is_csv else "jsonl"),
                    decision_column=options["decision_column"],
                    id_column=options["id_column"],
                    ignore_columns=tuple(options["ignore_column"]),
                    protected_columns=tuple(options["protected_column"]),
                ),
                by=None,
                replay_as=_reviewer(options["replay_as"]),
            )

    def _by_recipe(self, options: dict[str, Any]) -> ImportReport:
        """Any file, read by the recipe that is proposed for it."""
        if options["recipe"] != AUTO:
            raise CommandError(f"There is no recipe {options['recipe']!r}; try auto.")
        if options["format"]:
            raise CommandError("A recipe recognises the form; leave --format out.")
        choices = ColumnChoices(
            id=options["id_column"],
            decision=options["decision_column"],
            leave_out=tuple(options["ignore_column"]),
            protected=tuple(options["protected_column"]),
        )
        reviewer = _reviewer(options["replay_as"])
        with (
            _path(options["file"]) as path,
            recognised(path, name=options["file"], choices=choices) as proposal,
        ):
            self._describe(proposal, replays=reviewer is not None)
            report, left_out = import_table(proposal, by=None, replay_as=reviewer)
        self._list_left_out(left_out)
        return report

    def _describe(self, proposal: Proposal, *, replays: bool) -> None:
        """How the file is read: its form, each column with an example, and what a
        person should look at."""
        self.stdout.write(_form(proposal.source.form))
        self._list_left_out(proposal.source.layout.left_out)
        for column in proposal.columns:
            self.stdout.write(_column(column, replays=replays))
            for caution in column.cautions:
                params = ", ".join(f"{n} {v}" for n, v in caution.params.items())
                self.stdout.write(f"  look: {caution.code} {params}".rstrip())
        for text, decision in proposal.recipe.decisions.items():
            if text != decision:
                self.stdout.write(f"decision {text!r} is read as {decision!r}")
        if proposal.recipe.id_prefix:
            self.stdout.write(
                f"the ids only count rows: they begin with {proposal.recipe.id_prefix}"
            )
        if proposal.recipe.column("id") is None:
            self.stdout.write("no column names the cases: their content does")

    def _list_left_out(self, rows: Sequence[LeftOut]) -> None:
        for row in rows[: limits.REFUSALS]:
            self.stdout.write(f"left out: line {row.line}, {row.why}: {row.text}")

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


def _form(form: FileForm) -> str:
    """How the file is written, in one line."""
    if form.kind == "workbook":
        return f"form: workbook, sheet {form.sheet}"
    if form.kind == "parquet":
        return "form: parquet"
    likely = "" if form.is_certain else " (likely; nothing in the file proves it)"
    if form.kind == "json":
        return f"form: json, {form.encoding}{likely}"
    return f"form: delimited by {form.delimiter!r}, {form.encoding}{likely}"


def _column(column: ProposedColumn, *, replays: bool) -> str:
    """A column in one line, with an example of a text and the value it is read as."""
    recipe, reading = column.column, column.column.reading
    role = recipe.role.replace("_", " ")
    if recipe.role == "decision" and not replays:
        role = "decision, not replayed because --as names nobody"
    if recipe.role in ("outcome", "decided_at"):
        role = f"{role}, left out"
    kind = f"{reading.kind} in {reading.unit}" if reading.unit else reading.kind
    parts = [f"column {recipe.name}: {role}, {kind}"]
    if column.examples:
        text, value = column.examples[0]
        same = value == text
        parts.append(f"e.g. {text}" if same else f"e.g. {text} is read as {value!r}")
    if column.missing:
        parts.append(f"missing in {column.missing} rows of the sample")
    if column.misfits:
        parts.append(f"{column.misfits} rows of the sample do not fit")
    return "; ".join(parts)


def _reviewer(name: str | None) -> User | None:
    if not name:
        return None
    person = User.objects.filter(username=name, is_active=True).first()
    if person is None:
        raise CommandError(f"There is no active user {name!r}.")
    return person


@contextmanager
def _path(file: str) -> Iterator[Path]:
    """Where the file lies; what comes by the input lies in a temporary file."""
    if file != STDIN:
        if not Path(file).is_file():
            raise CommandError(f"{file} cannot be read: there is no such file.")
        yield Path(file)
        return
    with NamedTemporaryFile(prefix="preciso-input-") as target:
        shutil.copyfileobj(sys.stdin.buffer, target)
        target.flush()
        yield Path(target.name)


def _open(file: str) -> BinaryIO:
    if file == STDIN:
        return sys.stdin.buffer
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error

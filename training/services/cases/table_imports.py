"""Importing a company's file as it is: recognised, read by a recipe, imported."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from training.case_files import CaseRow
from training.case_schema import parse_case
from training.errors import DomainError, InvalidInput
from training.file_lines import RefusedLine
from training.models.audit import Actor
from training.services.cases.imports import ImportReport, import_rows
from training.tables import containers, proposals, sentences, sources
from training.tables.layout import LeftOut
from training.tables.problems import UnreadableFile
from training.tables.proposals import ColumnChoices, Proposal
from training.tables.recipes import RefusedRow, RowReader, TableRow
from training.tables.sources import TableSource


@contextmanager
def recognised(
    path: Path, *, name: str = "", language: str = "en", choices: ColumnChoices
) -> Iterator[Proposal]:
    """The recipe that is proposed for the file, while the context lasts.

    ``name`` is what the file is called by who brought it in, and ``language`` theirs:
    it decides between encodings that are equally likely. Nothing is written. Raises
    InvalidInput where the file holds no table, or not the columns that were chosen.
    """
    name = name or path.name
    try:
        with containers.opened(path, name) as file:
            source = sources.source_of(file, sources.form_of(file, language))
            for column in choices.names:
                if column not in source.layout.names:
                    raise InvalidInput(
                        _("The file has no column %(name)s; it has: %(names)s.")
                        % {"name": column, "names": ", ".join(source.layout.names)}
                    )
            prefix = f"{Path(name).stem}-"
            yield proposals.propose(source, choices=choices, prefix=prefix)
    except UnreadableFile as problem:
        raise InvalidInput(sentences.unreadable(problem)) from problem


def import_table(
    proposal: Proposal, *, by: Actor, replay_as: User | None = None
) -> tuple[ImportReport, list[LeftOut]]:
    """Import the rows of a recognised file by its recipe.

    Good rows are imported, the others refused one by one with the reason; importing
    the same again changes nothing. Decisions are replayed where ``replay_as`` is
    somebody. Beside the report stand the rows below the header that are no cases.
    """
    reader = RowReader(proposal.recipe, proposal.source.layout.names)
    rows = _case_rows(reader, proposal.source)
    report = import_rows(rows, by=by, replay_as=replay_as)
    return report, reader.left_out


def _case_rows(
    reader: RowReader, source: TableSource
) -> Iterator[CaseRow | RefusedLine]:
    for row in reader.rows(source):
        if isinstance(row, RefusedRow):
            yield RefusedLine(row.line, sentences.refused_row(row))
            continue
        try:
            yield _case_row(row)
        except DomainError as refusal:
            yield RefusedLine(row.line, str(refusal))


def _case_row(row: TableRow) -> CaseRow:
    if not row.case["facts"]:
        raise InvalidInput(_("Every fact of the line is missing."))
    return CaseRow(row.line, parse_case(row.case), row.decision)

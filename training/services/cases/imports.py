"""Importing cases from a file, and replaying decisions that people made before."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import BinaryIO

from django.contrib.auth.models import User
from django.db import DataError, transaction
from django.utils.translation import gettext as _

from preciso import limits
from training.case_files import CaseRow, ImportOptions, RefusedLine, read_rows
from training.choices import CaseStatus, ReviewSource
from training.errors import DomainError
from training.gate import GateInput
from training.models import Case
from training.models.audit import Actor
from training.services.cases import gate_verdicts
from training.services.cases.approvals import ReviewInput, record_approval
from training.services.cases.intake import PreparedCase, post_prepared, prepare_case
from training.services.policy import auto_decisions, policies

__all__ = ["ImportOptions", "ImportReport", "RefusedLine", "import_cases"]
BATCH = 200  # rows a transaction
logger = logging.getLogger(__name__)


@dataclass
class ImportReport:
    """What became of the lines of a file; ``refused`` lists the first refused ones."""

    imported: int = 0
    skipped: int = 0
    refused_count: int = 0
    refused: list[RefusedLine] = field(default_factory=list)

    def refuse(self, line: int, reason: str) -> None:
        self.refused_count += 1
        if len(self.refused) < limits.REFUSALS:
            self.refused.append(RefusedLine(line, reason))


@dataclass(frozen=True)
class _PreparedRow:
    """A row, and what was read for it before its transaction.

    ``case`` has no advice where the case is known already; ``sample`` is what the gate
    read of a decision to replay, None where none is replayed.
    """

    row: CaseRow
    case: PreparedCase
    sample: GateInput | None


def import_cases(
    stream: BinaryIO,
    options: ImportOptions,
    *,
    by: Actor,
    replay_as: User | None = None,
) -> ImportReport:
    """Import every good line; refuse the others one by one with the reason.

    With a decision column, each decision is replayed as ``replay_as``'s approving
    review (no confidence). Importing the same again changes nothing. Raises
    InvalidInput where the file as a whole cannot be read; then nothing was imported.
    """
    return import_rows(read_rows(stream, options), by=by, replay_as=replay_as)


def import_rows(
    rows: Iterable[CaseRow | RefusedLine], *, by: Actor, replay_as: User | None = None
) -> ImportReport:
    """Import the rows, whatever file they were read from, as ``import_cases`` does."""
    report = ImportReport()
    replayed = 0
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        # The model and the gate may take long, so both come before the transaction.
        prepared = _prepare(batch, replays=replay_as is not None)
        with transaction.atomic():
            blind_share = policies.policy().blind_share  # once for all rows
            for row in prepared:
                if isinstance(row, RefusedLine):
                    report.refuse(row.line, row.reason)
                else:
                    replayed += _take(row, report, by, replay_as, blind_share)
    report.refused.sort(key=attrgetter("line"))  # of a record, those in it come first
    if replayed:
        auto_decisions.consider(None)
    return report


def _prepare(
    rows: list[CaseRow | RefusedLine], *, replays: bool
) -> list[_PreparedRow | RefusedLine]:
    """Ask the model about the cases that are new, and read the texts to be learnt.

    Every row of a new case is prepared: the first one with its id may be refused, and
    then the next one counts. Equal rows are asked about once.
    """
    ids = [row.content.external_id for row in rows if isinstance(row, CaseRow)]
    stored = Case.objects.filter(external_id__in=ids)
    known = set(stored.values_list("external_id", flat=True))
    new: dict[str, PreparedCase] = {}
    prepared: list[_PreparedRow | RefusedLine] = []
    for row in rows:
        if isinstance(row, RefusedLine):
            prepared.append(row)
            continue
        case = PreparedCase(row.content, None)
        if row.content.external_id not in known:
            content_hash = row.content.sha256
            if content_hash not in new:
                new[content_hash] = prepare_case(row.content)
            case = new[content_hash]
        sample = None
        if replays and row.decision:
            answer = gate_verdicts.ReviewedAnswer(
                row.decision, row.decision, ReviewSource.REPLAY
            )
            sample = gate_verdicts.read(row.content, answer)
        prepared.append(_PreparedRow(row, case, sample))
    return prepared


def _take(
    prepared: _PreparedRow,
    report: ImportReport,
    by: Actor,
    replay_as: User | None,
    blind_share: float,
) -> bool:
    """Import one row into the report; returns whether a decision was replayed."""
    row = prepared.row
    try:
        with transaction.atomic():
            case, created = post_prepared(prepared.case, by=by, blind_share=blind_share)
            replayed = _replay(case, prepared.sample, replay_as)
    except DomainError as refusal:
        report.refuse(row.line, str(refusal))
        return False
    except DataError:  # no check foresaw it; the other lines must not be lost
        logger.exception("line %d of an import", row.line)
        report.refuse(row.line, _("The database does not store what the line says."))
        return False
    if created or replayed:
        report.imported += 1
    else:
        report.skipped += 1
    return replayed


def _replay(case: Case, sample: GateInput | None, replay_as: User | None) -> bool:
    undecided = case.status == CaseStatus.AWAITING_REVIEW and not case.reviews.exists()
    if sample is None or replay_as is None or not undecided:
        return False
    record_approval(
        case,
        ReviewInput(decision=sample.decision),
        by=replay_as,
        source=ReviewSource.REPLAY,
        sample=sample,
    )
    return True

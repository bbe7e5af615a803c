"""Importing cases from a file, and replaying decisions that people made before."""

import logging
from collections.abc import Iterable, Iterator
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
from training.services.cases.intake import post_case
from training.services.policy import auto_decisions

__all__ = ["ImportOptions", "ImportReport", "RefusedLine", "import_cases"]
BATCH = 200  # rows a transaction
logger = logging.getLogger(__name__)


@dataclass
class ImportReport:
    """What became of the lines of a file; of those refused, the first are told."""

    imported: int = 0
    skipped: int = 0
    refused_count: int = 0
    refused: list[RefusedLine] = field(default_factory=list)

    def refuse(self, line: int, reason: str) -> None:
        self.refused_count += 1
        if len(self.refused) < limits.REFUSALS:
            self.refused.append(RefusedLine(line, reason))


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
    report = ImportReport()
    replayed = 0
    for batch in _batches(read_rows(stream, options)):
        samples = [_read(row) if replay_as else None for row in batch]
        with transaction.atomic():
            for row, sample in zip(batch, samples, strict=True):
                replayed += _take(row, sample, report, by, replay_as)
    report.refused.sort(key=attrgetter("line"))  # of a record, those in it come first
    if replayed:
        auto_decisions.consider(None)
    return report


def _batches(
    rows: Iterable[CaseRow | RefusedLine],
) -> Iterator[list[CaseRow | RefusedLine]]:
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        yield batch


def _read(row: CaseRow | RefusedLine) -> GateInput | None:
    """What the gate reads of a decision to replay; no transaction waits for it."""
    if isinstance(row, RefusedLine) or not row.decision:
        return None
    answer = gate_verdicts.ReviewedAnswer(
        row.decision, row.decision, ReviewSource.REPLAY
    )
    return gate_verdicts.read(row.content, answer)


def _take(
    row: CaseRow | RefusedLine,
    sample: GateInput | None,
    report: ImportReport,
    by: Actor,
    replay_as: User | None,
) -> bool:
    """Import one row into the report; returns whether a decision was replayed."""
    if isinstance(row, RefusedLine):
        report.refuse(row.line, row.reason)
        return False
    try:
        with transaction.atomic():
            case, created = post_case(row.content, by=by)
            replayed = _replay(case, sample, replay_as)
    except DomainError as refusal:
        report.refuse(row.line, str(refusal))
        return False
    except DataError:  # no reading foresaw it; the other lines must not be lost
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

"""The entries of the access log as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext

from mlops.pages.shared.audit_subjects import labels
from training.filters.access_log import AccessFilters
from training.models import AccessEntry, Case
from training.models.access import OTHERS

MOST_CASES = 5  # named beside an entry


@dataclass(frozen=True)
class AccessLine:
    """One entry as people read it."""

    row: AccessEntry
    who: str
    what: str
    about: str
    cases: list[Case]
    more_cases: int


def filters(query: QueryDict) -> AccessFilters:
    """The log, newest first, narrowed by the address of its page."""
    return AccessFilters(query, AccessEntry.objects.for_table())


def lines(rows: Sequence[AccessEntry]) -> list[AccessLine]:
    """With the cases whose protected attributes were shown, in one query."""
    case_ids = {pk for row in rows for pk in row.cases[:MOST_CASES]}
    cases = Case.objects.only("external_id").in_bulk(case_ids)
    return [
        AccessLine(
            row=row,
            who=_who(row),
            what=row.get_kind_display(),
            about="" if row.cases else label,
            cases=[cases[pk] for pk in row.cases[:MOST_CASES] if pk in cases],
            more_cases=max(len(row.cases) - MOST_CASES, 0),
        )
        for row, label in zip(rows, labels(rows), strict=True)
    ]


def _who(row: AccessEntry) -> str:
    if row.slot == OTHERS:
        return gettext("all others of this hour")
    if row.person_id is None and not row.name:
        return gettext("nobody who signed in")
    return row.name

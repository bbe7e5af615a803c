"""The access log, narrowed by person, kind, address and day, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mlops.pages.shared.audit_subjects import labels
from preciso.filters import midnight
from training.choices import ACCESS_COUNTED, AccessKind
from training.models import AccessEntry, Case
from training.models.access import OTHERS

MOST_CASES = 5  # named beside an entry
GROUPS: dict[str, str | Promise] = {
    "kept_out": _("All who were kept out"),
    "took_or_saw": _("All who took something along or saw it"),
}
OF_GROUP = {
    "kept_out": tuple(ACCESS_COUNTED),
    "took_or_saw": (
        AccessKind.DOWNLOAD,
        AccessKind.EVIDENCE,
        AccessKind.EXPORT,
        AccessKind.PROTECTED,
    ),
}


@dataclass(frozen=True)
class AccessFilter:
    """What the log is narrowed to; empty means all. Days are whole local days."""

    person: str = ""
    kind: str = ""
    address: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def from_cleaned(cls, wish: Mapping[str, Any]) -> "AccessFilter":
        """What a form could read; what it could not filters nothing."""
        known = {f.name: wish.get(f.name) for f in fields(cls)}
        return cls(**{name: value for name, value in known.items() if value})

    @property
    def said(self) -> dict[str, str]:
        """What it is narrowed to, as it is kept with an export."""
        pairs = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: str(value) for name, value in pairs.items() if value}


@dataclass(frozen=True)
class AccessLine:
    """One entry as people read it."""

    row: AccessEntry
    who: str
    what: str
    about: str
    cases: list[Case]
    more_cases: int


def entries(wish: AccessFilter) -> QuerySet[AccessEntry]:
    found = AccessEntry.objects.for_table()
    if wish.person:
        found = found.filter(name=wish.person)
    if wish.kind:
        found = found.filter(kind__in=OF_GROUP.get(wish.kind, (wish.kind,)))
    if wish.address:
        found = found.filter(address=wish.address)
    if wish.since:
        found = found.filter(last_at__gte=midnight(wish.since))
    if wish.until:
        found = found.filter(first_at__lt=midnight(wish.until + timedelta(days=1)))
    return found


def lines(rows: Sequence[AccessEntry]) -> list[AccessLine]:
    """With the cases whose protected attributes were shown, in one query."""
    wanted = {pk for row in rows for pk in row.cases[:MOST_CASES]}
    cases = Case.objects.only("external_id").in_bulk(wanted)
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

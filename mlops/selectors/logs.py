"""The audit trail, filtered by person, kind and time, in words."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext

from mlops import retold
from mlops.words import ACTIONS, AREAS, detail_words
from training.models import AuditEvent
from training.services.audit import waiting_for_chain


@dataclass(frozen=True)
class Entry:
    """One audit event as a sentence: who, what, to what, and the particulars."""

    event: AuditEvent
    who: str
    what: str | Promise
    about: str
    details: list[tuple[str | Promise, Any]]


def events(
    *, person: str, area: str, since: date | None, until: date | None, chain: str = ""
) -> QuerySet[AuditEvent]:
    """``area``: the part of an action before its dot. Days are whole local days.

    ``chain``: ``yes`` for the chained entries, ``no`` for those not chained yet.
    """
    found = AuditEvent.objects.for_table()
    if person:
        found = found.filter(actor_label=person)
    if area:
        found = found.filter(action__startswith=f"{area}.")
    if since:
        found = found.filter(at__gte=_midnight(since))
    if until:
        found = found.filter(at__lt=_midnight(until + timedelta(days=1)))
    if chain == "yes":
        found = found.filter(link__isnull=False)
    if chain == "no":
        found = found.filter(pk__in=waiting_for_chain().values("pk"))
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def entries(rows: list[AuditEvent]) -> list[Entry]:
    return [
        Entry(
            event=row,
            who=gettext("the system") if row.actor_id is None else row.actor_label,
            what=ACTIONS.get(row.action, row.action),
            about=retold.label(row.subject_label),
            details=detail_words(row.detail),
        )
        for row in rows
    ]


def people() -> list[tuple[str, str]]:
    """Everybody who can appear as an actor, the system among them."""
    names = User.objects.order_by("username").values_list("username", flat=True)
    return [("system", gettext("the system")), *((name, name) for name in names)]


def areas() -> list[tuple[str, str | Promise]]:
    return list(AREAS.items())

"""The audit trail, filtered by person, kind, job and time, in words."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext

from mlops.models import ModelVersion
from mlops.selectors.audit_labels import labels
from mlops.selectors.rights import scopes_in_words
from mlops.words import ACTIONS, AREAS, detail_words, way_words
from training.models import AuditEvent, TrainingRun
from training.models.accounts import SUFFIX
from training.services.audit import waiting_for_chain

RIGHTS_IN = ("scopes", "gained", "lost")  # particulars that are lists of rights


@dataclass(frozen=True)
class Entry:
    """One audit event as a sentence: who, what, to what, and the particulars."""

    event: AuditEvent
    who: str
    what: str | Promise
    about: str
    way: str
    details: list[tuple[str | Promise, Any]]


@dataclass(frozen=True)
class EventFilter:
    """What the trail is narrowed to; empty means all. Days are whole local days.

    ``area``: the part of an action before its dot. ``chain``: ``yes`` for the chained
    entries, ``no`` for those not chained yet. ``job``: what is said of a job, its run
    and the model version it made. ``request``: what one click did.
    """

    person: str = ""
    area: str = ""
    since: date | None = None
    until: date | None = None
    chain: str = ""
    job: int | None = None
    request: str = ""

    @classmethod
    def from_cleaned(cls, wish: Mapping[str, Any]) -> "EventFilter":
        """What a form could read; what it could not filters nothing."""
        known = {f.name: wish.get(f.name) for f in fields(cls)}
        return cls(**{name: value for name, value in known.items() if value})

    @property
    def said(self) -> dict[str, Any]:
        """What it is narrowed to, as it is kept with an export."""
        return {
            f.name: str(getattr(self, f.name))
            for f in fields(self)
            if getattr(self, f.name)
        }


def events(wish: EventFilter) -> QuerySet[AuditEvent]:
    found = AuditEvent.objects.for_table()
    if wish.person:
        found = found.filter(actor_label=wish.person)
    if wish.area:
        found = found.filter(action__startswith=f"{wish.area}.")
    if wish.request:
        found = found.filter(request_id=wish.request)
    if wish.since:
        found = found.filter(at__gte=_midnight(wish.since))
    if wish.until:
        found = found.filter(at__lt=_midnight(wish.until + timedelta(days=1)))
    if wish.job is not None:
        found = found.filter(_about_job(wish.job))
    return _chained(found, wish.chain)


def _chained(found: QuerySet[AuditEvent], chain: str) -> QuerySet[AuditEvent]:
    if chain == "yes":
        return found.filter(link__isnull=False)
    if chain == "no":
        return found.filter(pk__in=waiting_for_chain().values("pk"))
    return found


def _about_job(job_id: int) -> Q:
    about = Q(subject_type="pipelinejob", subject_id=str(job_id))
    for run_id in TrainingRun.objects.filter(job_id=job_id).values_list(
        "pk", flat=True
    ):
        about |= Q(subject_type="trainingrun", subject_id=str(run_id))
    made = ModelVersion.objects.filter(run__job_id=job_id)
    for version_id in made.values_list("pk", flat=True):
        about |= Q(subject_type="modelversion", subject_id=str(version_id))
    return about


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def entries(rows: list[AuditEvent]) -> list[Entry]:
    return [
        Entry(
            event=row,
            who=_who(row),
            what=ACTIONS.get(row.action, row.action),
            about="" if _is_own(row) else label,
            way=way_words(row.via, row.token),
            details=detail_words(_with_rights(row.detail)),
        )
        for row, label in zip(rows, labels(rows), strict=True)
    ]


def _who(row: AuditEvent) -> str:
    if row.actor_id is None:
        return gettext("the system")
    if row.actor_label.endswith(SUFFIX):
        return gettext("%(name)s (service account)") % {"name": row.actor_label}
    return row.actor_label


def _with_rights(detail: dict[str, Any]) -> dict[str, Any]:
    """Each right in the words of its page: of a token, added to a role, taken away."""
    named = {key: detail[key] for key in RIGHTS_IN if detail.get(key)}
    return {**detail, **{key: scopes_in_words(codes) for key, codes in named.items()}}


def _is_own(row: AuditEvent) -> bool:
    """It is about the person who did it: the name need not stand there twice."""
    return row.subject_type == "user" and row.subject_id == str(row.actor_id)


def people() -> list[tuple[str, str]]:
    """Everybody who can appear as an actor, the system among them."""
    names = User.objects.order_by("username").values_list("username", flat=True)
    return [("system", gettext("the system")), *((name, name) for name in names)]


def areas() -> list[tuple[str, str | Promise]]:
    return list(AREAS.items())

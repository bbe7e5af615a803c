"""The audit trail, filtered by person, kind, job and time, in words."""

from dataclasses import dataclass
from typing import Any

import django_filters
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mlops.models import ModelVersion
from mlops.pages.shared.audit_labels import ACTIONS, AREAS, detail_words, way_words
from mlops.pages.shared.audit_subjects import labels
from mlops.pages.shared.rights import scopes_in_words
from preciso.api_fields import LARGEST_ID
from preciso.filters import ClickFilter, Filters, WholeFilter, from_day, until_day
from training.models import AuditEvent, TrainingRun
from training.models.accounts import SUFFIX
from training.services.audit.chain import waiting_for_chain

RIGHTS_IN = ("scopes", "gained", "lost")  # particulars that are lists of rights


@dataclass(frozen=True)
class TrailEntry:
    """One audit event as a sentence: who, what, to what, and the particulars."""

    event: AuditEvent
    who: str
    what: str | Promise
    about: str
    way: str
    details: list[tuple[str | Promise, Any]]


class EventFilters(Filters):
    """``area``: the part of an action before its dot. ``job``: what is said of a job,
    its run and the model version it made. ``request``: what one click did.
    """

    person = django_filters.ChoiceFilter(
        field_name="actor_label",
        choices=lambda: people(),
        empty_label=_("Everybody"),
    )
    area = django_filters.ChoiceFilter(
        choices=list(AREAS.items()), method="in_area", empty_label=_("Everything")
    )
    since = from_day("at")
    until = until_day("at")
    job = WholeFilter(min_value=1, max_value=LARGEST_ID, method="about_job")
    chain = django_filters.ChoiceFilter(
        choices=[("yes", _("Chained")), ("no", _("Not chained yet"))],
        method="chained",
        empty_label=_("All"),
    )
    request = ClickFilter(field_name="request_id")

    def in_area(
        self, events: QuerySet[AuditEvent], _name: str, area: str
    ) -> QuerySet[AuditEvent]:
        return events.filter(action__startswith=f"{area}.")

    def about_job(
        self, events: QuerySet[AuditEvent], _name: str, job_id: int
    ) -> QuerySet[AuditEvent]:
        about = Q(subject_type="pipelinejob", subject_id=str(job_id))
        runs = TrainingRun.objects.filter(job_id=job_id)
        for run_id in runs.values_list("pk", flat=True):
            about |= Q(subject_type="trainingrun", subject_id=str(run_id))
        versions = ModelVersion.objects.filter(run__job_id=job_id)
        for version_id in versions.values_list("pk", flat=True):
            about |= Q(subject_type="modelversion", subject_id=str(version_id))
        return events.filter(about)

    def chained(
        self, events: QuerySet[AuditEvent], _name: str, chain: str
    ) -> QuerySet[AuditEvent]:
        if chain == "yes":
            return events.filter(link__isnull=False)
        return events.filter(pk__in=waiting_for_chain().values("pk"))


def narrowed(query: QueryDict) -> EventFilters:
    return EventFilters(query, AuditEvent.objects.for_table())


def entries(rows: list[AuditEvent]) -> list[TrailEntry]:
    return [
        TrailEntry(
            event=row,
            who=_who(row),
            what=ACTIONS.get(row.action, row.action),
            # Who did something to oneself need not be named twice.
            about=""
            if row.subject_type == "user" and row.subject_id == str(row.actor_id)
            else label,
            way=way_words(row.via, row.token),
            details=detail_words(_with_rights(row.detail)),
        )
        for row, label in zip(rows, labels(rows), strict=True)
    ]


def _who(row: AuditEvent) -> str:
    if row.actor_id is None:
        return gettext("the system")
    if row.actor_label.lower().endswith(SUFFIX):
        return gettext("%(name)s (service account)") % {"name": row.actor_label}
    return row.actor_label


def _with_rights(detail: dict[str, Any]) -> dict[str, Any]:
    """Each right in the words of its page: of a token, added to a role, taken away."""
    rights = {key: scopes_in_words(detail[key]) for key in RIGHTS_IN if detail.get(key)}
    return {**detail, **rights}


def people() -> list[tuple[str, str]]:
    """Everybody who can appear as an actor, the system among them."""
    names = User.objects.order_by("username").values_list("username", flat=True)
    return [("system", gettext("the system")), *((name, name) for name in names)]

"""Working through the inbox: the next case, who has what open, what is done today."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from mlops.pages.shared.case_lists import CaseListing
from mlops.pages.shared.request_reads import cases_waiting
from training.choices import CaseStatus
from training.filters.cases import ALL
from training.models import Case, CaseClaim
from training.models.cases import CaseQuerySet
from training.services.cases.undo import undo_until


def _to_decide(case_list: CaseListing, reader: User) -> CaseQuerySet:
    """Those of the list that this person can decide and nobody else has open."""
    inbox = case_list if case_list.is_inbox else CaseListing(reader)
    opened = CaseClaim.objects.of_others(reader).values("case")
    cases = inbox.cases.decidable_by(reader).exclude(pk__in=opened)
    return cases.for_table().order_by("pk")


def next_case(
    reader: User, case_list: CaseListing | None = None, *, after: int | None = None
) -> Case | None:
    """The oldest case to decide, other than the one just looked at."""
    waiting = _to_decide(case_list or CaseListing(reader), reader)
    if after is None:
        return waiting.first()
    return waiting.filter(pk__gt=after).first() or waiting.exclude(pk=after).first()


def neighbours(
    case: Case, case_list: CaseListing, reader: User
) -> tuple[Case | None, Case | None]:
    """The case before this one and the one after it, as the list has them.

    In the inbox these are cases to decide; after the last comes the first again.
    """
    if case_list.is_inbox:
        before = _to_decide(case_list, reader).filter(pk__lt=case.pk)
        return before.order_by("-pk").first(), next_case(
            reader, case_list, after=case.pk
        )
    cases = case_list.cases.for_table()  # newest first
    before = cases.filter(pk__gt=case.pk).order_by("pk")
    return before.first(), cases.filter(pk__lt=case.pk).first()


@dataclass(frozen=True)
class ReviewerProgress:
    """What a reviewer has done today, with the list of it, and what waits."""

    done: int
    mine: CaseListing
    waiting: int


def progress(reader: User) -> ReviewerProgress:
    today = {"status": ALL, "decided_by": reader.username, "decided": "1"}
    mine = CaseListing(reader, today)
    waiting = cases_waiting()
    return ReviewerProgress(mine.cases.count(), mine, waiting)


def claims(cases: Iterable[Case], reader: User) -> dict[str, CaseClaim]:
    """What others have open among these cases, by the number of the case."""
    others = CaseClaim.objects.of_others(reader).filter(case__in=list(cases))
    return {str(claim.case_id): claim for claim in others.select_related("by")}


@dataclass(frozen=True)
class LastDecision:
    """The decision before this one, and until when it can be undone."""

    case: Case
    undo_until: datetime | None


def last_decided(case_id: int | None) -> LastDecision | None:
    case = Case.objects.for_table().filter(pk=case_id).first() if case_id else None
    if case is None or case.status == CaseStatus.AWAITING_REVIEW:
        return None
    return LastDecision(case, undo_until(case))


def place(case_id: int, case_list: CaseListing) -> int:
    """How many cases of the list stand before this one."""
    if case_list.is_inbox:
        return case_list.cases.filter(pk__lt=case_id).count()
    return case_list.cases.filter(pk__gt=case_id).count()

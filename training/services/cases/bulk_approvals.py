"""Agreeing with many recommendations at once: the same approval, case by case."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from preciso import clock
from training.choices import CaseStatus, ReviewSource
from training.errors import DomainError, InvalidInput, NotAllowedNow, StaleState
from training.models import Case, CaseClaim
from training.models.cases import CaseQuerySet
from training.services.cases.approvals import Approval, ReviewInput, approve_case
from training.services.policy import policies

AT_MOST = 500  # cases in one go: an answer within seconds, a number one can stand by


@dataclass(frozen=True)
class BulkPlan:
    """What agreeing would do, counted at ``counted_at`` and frozen there.

    ``barred``: chosen, and waiting for somebody else than this person.
    ``left_out``: chosen, but not to be agreed with in bulk by anybody now.
    ``beyond``: more than can be done at once; they come next.
    """

    cases: list[Case]
    barred: int
    left_out: int
    beyond: int
    min_confidence: float
    counted_at: datetime

    @property
    def by_decision(self) -> list[tuple[str, int]]:
        """The commonest first."""
        counts = Counter(case.recommended_decision for case in self.cases)
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))

    @property
    def unsure(self) -> list[Case]:
        """The model was less sure of these than a reviewer has to be."""
        return [
            case
            for case in self.cases
            if case.recommended_confidence is not None
            and case.recommended_confidence < self.min_confidence
        ]


@dataclass(frozen=True)
class CaseRefusal:
    """A case that stayed as it was, and why."""

    case: Case
    code: str
    why: str


@dataclass(frozen=True)
class BulkResult:
    approvals: list[Approval]
    refused: list[CaseRefusal]

    @property
    def by_decision(self) -> list[tuple[str, int]]:
        counts = Counter(each.review.decision for each in self.approvals)
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))

    @property
    def second(self) -> int:
        """How many of them wait for a second reviewer."""
        return sum(
            each.case.status == CaseStatus.NEEDS_REVIEW for each in self.approvals
        )


def agreeable(cases: CaseQuerySet, *, by: User) -> CaseQuerySet:
    """Those of ``cases`` that this person may agree with in bulk and nobody reads."""
    opened = CaseClaim.objects.of_others(by).values("case")
    return cases.decidable_by(by).showing_recommendation().exclude(pk__in=opened)


def plan_bulk(cases: CaseQuerySet, *, by: User) -> BulkPlan:
    """What agreeing with the recommendation of each would do; writes nothing."""
    now = clock.database_now()
    can = agreeable(cases, by=by)
    count = can.count()
    chosen = list(can.for_table().order_by("pk")[:AT_MOST])
    barred = cases.barring(by).count()
    return BulkPlan(
        chosen,
        barred=barred,
        left_out=cases.count() - count - barred,
        beyond=count - len(chosen),
        min_confidence=policies.policy().min_confidence,
        counted_at=now,
    )


def approve_many(
    case_ids: Sequence[int], *, by: User, counted_at: datetime | None = None
) -> BulkResult:
    """Agree with the recommendation of each case, one by one, as ``approve_case`` does.

    A case that cannot be approved stays, with the reason, and stops no other. One that
    changed after ``counted_at`` is not what the person was shown, and stays too.
    Raises InvalidInput for more than ``AT_MOST``; then nothing was written.
    """
    if len(case_ids) > AT_MOST:
        raise InvalidInput(
            _("At most %(most)d cases can be decided at once.") % {"most": AT_MOST}
        )
    approvals: list[Approval] = []
    refused: list[CaseRefusal] = []
    for case in _in_order(case_ids):
        try:
            approvals.append(_agree(case, by, counted_at))
        except DomainError as refusal:
            case.refresh_from_db(fields=["status"])
            refused.append(CaseRefusal(case, refusal.code, str(refusal)))
    return BulkResult(approvals, refused)


def _in_order(case_ids: Iterable[int]) -> list[Case]:
    """Each case once. An id that is no case's is nobody's."""
    cases = Case.objects.for_table().in_bulk(list(case_ids))
    return [cases[pk] for pk in dict.fromkeys(case_ids) if pk in cases]


def _agree(listed: Case, by: User, counted_at: datetime | None) -> Approval:
    """Read anew: the cases before it took their time."""
    case = Case.objects.showing_recommendation().filter(pk=listed.pk).first()
    if case is None:
        raise NotAllowedNow(
            _("Case %(case)s is shown without a recommendation; decide it by itself.")
            % {"case": listed},
            code="no_recommendation",
        )
    if counted_at is not None and case.updated_at > counted_at:
        raise StaleState(
            _("Case %(case)s has changed meanwhile; look at it again.") % {"case": case}
        )
    return approve_case(case, ReviewInput(), by=by, source=ReviewSource.BULK)

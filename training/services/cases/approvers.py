"""Who may still approve a case, and why not: first opinions, and cases of one's own.

A review that was not enough (too unsure, or against what was decided on equal facts)
asks for a second one, on the content it was about. It goes on asking whatever is done
with the case afterwards: sent back, rejected, approved and withdrawn.

Reads only; writes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from training.choices import GateStatus
from training.errors import NotAllowedNow
from training.gate import GateCheck
from training.models import AuditEvent, Case, Review, TrainingPolicy
from training.models.accounts import is_service_account
from training.models.reviews import ReviewQuerySet
from training.services.people.actor_checks import require_a_person
from training.services.people.roles import people_who_may

REVIEW = "training.review_case"
OWN_CASE = "own_case"
FIRST_OPINION = "second_reviewer_needed"
REFUSALS: dict[str, str | Promise] = {
    OWN_CASE: _(
        "You brought in or corrected case %(case)s; by your company's rules somebody "
        "else approves it."
    ),
    FIRST_OPINION: _(
        "You reviewed case %(case)s first; a second reviewer must resolve it."
    ),
}


@dataclass(frozen=True)
class ApprovalBars:
    """What ties people to a case as it is: the numbers of those it bars.

    ``wrote``: who brought it in or corrected it, while the policy bars them.
    ``asked_by_person``: one of ``first`` is no program. Two opinions are those of two
    people; what only a program said first leaves the next one a first opinion.
    """

    first: frozenset[int]
    wrote: frozenset[int] = frozenset()
    asked_by_person: bool = False

    @property
    def barred(self) -> frozenset[int]:
        return self.first | self.wrote

    def why_not(self, person: int) -> str:
        """The code of why this person may not approve; empty where they may."""
        if person in self.wrote:
            return OWN_CASE
        return FIRST_OPINION if person in self.first else ""


def asks_second(checks: Iterable[GateCheck]) -> bool:
    """Whether the gate wants another person, whatever else it says of the sample."""
    waits = GateStatus.NEEDS_REVIEW
    return any(not check.ok and check.if_not_ok == waits for check in checks)


def approval_bars(case: Case, policy: TrainingPolicy) -> ApprovalBars:
    opinions = _first_opinions(case).select_related("by")
    first = list(opinions.only("by__username"))
    return ApprovalBars(
        first=frozenset(review.by_id for review in first),
        wrote=writers(case) if policy.bars_own_cases else frozenset(),
        asked_by_person=any(not is_service_account(review.by) for review in first),
    )


def _first_opinions(case: Case) -> ReviewQuerySet:
    """What asked for a second opinion; what was said of other content is history."""
    reviews = Review.objects.that_asked_for_a_second()
    return reviews.filter(case=case, content_sha256=case.content_sha256)


def writers(case: Case) -> frozenset[int]:
    """Who brought the case in, and who corrected it since."""
    corrected = AuditEvent.objects.about(case).filter(action="case.corrected")
    people = {case.created_by_id, *corrected.values_list("actor_id", flat=True)}
    return frozenset(person for person in people if person is not None)


def who_may_approve(case: Case, policy: TrainingPolicy, most: int) -> list[User]:
    """By name, before anybody tries: the first so many; nobody once it is decided."""
    if not case.is_waiting:
        return []
    free = people_who_may(REVIEW).exclude(pk__in=approval_bars(case, policy).barred)
    return list(free[:most])


def require_may_approve(case: Case, tied: ApprovalBars, by: User) -> None:
    """Nobody confirms their own opinion or, where so ruled, approves their own case.

    Raises NotAllowedNow, with the code of why; Forbidden where the second opinion is
    a token's or a service account's.
    """
    code = tied.why_not(by.pk)
    if code:
        raise NotAllowedNow(str(REFUSALS[code]) % {"case": case}, code=code)
    if tied.first:
        require_a_person(by)

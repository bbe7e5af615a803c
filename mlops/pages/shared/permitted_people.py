"""Who can do the next step, by name, and why the others cannot: before one presses."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from training.models import Case
from training.services.cases.approvers import (
    FIRST_OPINION,
    OWN_CASE,
    REVIEW,
    ApprovalBars,
)
from training.services.people.roles import people_who_may

MOST_NAMES = 8  # of those who can; the rest is a number

WHO_ASKED: str | Promise = _("asked for it")
BAR_REASONS: dict[str, str | Promise] = {
    OWN_CASE: _("brought it in or corrected it"),
    FIRST_OPINION: _("gave the first opinion"),
}


@dataclass(frozen=True)
class PermittedPeople:
    """``can``: the first few by name; ``more``: how many others can as well.

    ``cannot``: people with the right, each with the reason why not here.
    """

    can: list[User]
    more: int
    cannot: list[tuple[User, str | Promise]]

    @property
    def nobody(self) -> bool:
        return not self.can


def split_by_reason(
    people: Iterable[User], why_not: Callable[[User], str | Promise]
) -> PermittedPeople:
    """Those for whom ``why_not`` is empty can; the others cannot, for that reason."""
    reasons = [(person, why_not(person)) for person in people]
    can = [person for person, reason in reasons if not reason]
    cannot = [(person, reason) for person, reason in reasons if reason]
    return PermittedPeople(can[:MOST_NAMES], max(0, len(can) - MOST_NAMES), cannot)


def who_can_approve(case: Case, bars: ApprovalBars) -> PermittedPeople | None:
    """None where nobody is barred: everybody with the right can."""
    if not bars.first and not bars.wrote:
        return None
    reviewers = people_who_may(REVIEW)
    return split_by_reason(
        reviewers, lambda person: BAR_REASONS.get(bars.why_not(person.pk), "")
    )

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

NAMED = 8  # of those who can; the rest is a number

ASKED: str | Promise = _("asked for it")
TIED: dict[str, str | Promise] = {
    OWN_CASE: _("brought it in or corrected it"),
    FIRST_OPINION: _("gave the first opinion"),
}


@dataclass(frozen=True)
class WhoCan:
    """``cannot``: people with the right, each with the reason why not here."""

    can: list[User]
    more: int
    cannot: list[tuple[User, str | Promise]]

    @property
    def nobody(self) -> bool:
        return not self.can


def sorted_out(people: Iterable[User], why: Callable[[User], str | Promise]) -> WhoCan:
    """Those to whom ``why`` says nothing can; the others cannot, for what it says."""
    told = [(person, why(person)) for person in people]
    can = [person for person, reason in told if not reason]
    cannot = [(person, reason) for person, reason in told if reason]
    return WhoCan(can[:NAMED], max(0, len(can) - NAMED), cannot)


def who_can_approve(case: Case, tied: ApprovalBars) -> WhoCan | None:
    """None where nothing ties anybody: everybody with the right can."""
    if not tied.first and not tied.wrote:
        return None
    reviewers = people_who_may(REVIEW)
    return sorted_out(reviewers, lambda person: TIED.get(tied.why_not(person.pk), ""))

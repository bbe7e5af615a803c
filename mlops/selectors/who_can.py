"""Who can do the next step, by name, and why the others cannot: before one presses."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from training.models import Case
from training.models.accounts import is_service_account
from training.services.opinions import FIRST_OPINION, OWN_CASE, Ties

BACKEND = "django.contrib.auth.backends.ModelBackend"
NAMED = 8  # of those who can; the rest is a number

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


def people_who_may(permission: str) -> list[User]:
    """Every person active with this right, in alphabetical order; no program."""
    found = User.objects.with_perm(permission, backend=BACKEND).order_by("username")
    return [person for person in found if not is_service_account(person)]


def sorted_out(people: Iterable[User], why: Callable[[User], str | Promise]) -> WhoCan:
    """Those to whom ``why`` says nothing can; the others cannot, for what it says."""
    told = [(person, why(person)) for person in people]
    can = [person for person, reason in told if not reason]
    cannot = [(person, reason) for person, reason in told if reason]
    return WhoCan(can[:NAMED], max(0, len(can) - NAMED), cannot)


def who_can_approve(case: Case, tied: Ties) -> WhoCan | None:
    """None where nothing ties anybody: everybody with the right can."""
    if not tied.first and not tied.wrote:
        return None
    reviewers = people_who_may("training.review_case")
    return sorted_out(reviewers, lambda person: TIED.get(tied.why_not(person.pk), ""))

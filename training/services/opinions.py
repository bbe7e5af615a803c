"""First and second opinions: who may still approve a case, and why not.

A review that was not enough (too unsure, or against what was decided on equal facts)
asks for a second one, on the content it was about. It goes on asking whatever is done
with the case afterwards: sent back, rejected, approved and withdrawn.
"""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from training.choices import GateStatus
from training.errors import NotAllowedNow
from training.gate import Check
from training.models import Case, Review


def asks_second(checks: Iterable[Check]) -> bool:
    """Whether the gate wants another person, whatever else it says of the sample."""
    waits = GateStatus.NEEDS_REVIEW
    return any(not check.ok and check.if_not_ok == waits for check in checks)


def first_opinions(case: Case) -> list[Review]:
    """What asked for a second opinion on the case as it is, the oldest first.

    What was said about other content is history.
    """
    asked = case.reviews.that_asked_for_a_second()
    on_this = asked.filter(content_sha256=case.content_sha256)
    return list(on_this.select_related("by").order_by("pk"))


def require_somebody_else(case: Case, first: Iterable[Review], by: User) -> None:
    """Nobody confirms an opinion of their own. Raises NotAllowedNow."""
    if any(review.by_id == by.pk for review in first):
        raise NotAllowedNow(
            _("You reviewed case %(case)s first; a second reviewer must resolve it.")
            % {"case": case},
            code="second_reviewer_needed",
        )

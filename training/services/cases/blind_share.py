"""The blind share: cases that people decide without seeing the recommendation.

A reviewer who only clicks along agrees with every model. How often people come to the
same decision by themselves shows on the cases where they are not told.

Reads only; writes nothing.
"""

import hashlib

from django.utils.translation import gettext as _

from training.choices import DecisionBasis, ReviewAction, ReviewSource
from training.errors import NotAllowedNow
from training.models import Case

ALWAYS = 1.0  # the share with which everybody's own opinion comes first
BY_EYE = (ReviewSource.PAGE, ReviewSource.BULK, ReviewSource.ADMIN)


def falls_in_share(external_id: str, share: float) -> bool:
    """A stable hash, so it never changes. It knows nothing of the held-out split."""
    digest = hashlib.sha256(f"blind:{external_id}".encode()).digest()
    return int.from_bytes(digest[:8]) < share * 2**64


def is_made_blind(case: Case, source: ReviewSource) -> bool:
    """Whether a review made now is one without the recommendation."""
    return source == ReviewSource.PAGE and case.hides_recommendation


def how_judged(case: Case, source: ReviewSource) -> DecisionBasis:
    """How a decision made now came about.

    Blind only if everybody was: a second reviewer sees what the first one said.
    """
    if source == ReviewSource.REPLAY:
        return DecisionBasis.IMPORTED
    if not is_made_blind(case, source):
        return DecisionBasis.SEEN
    seeing = case.reviews.filter(action=ReviewAction.APPROVE, blind=False)
    return DecisionBasis.SEEN if seeing.exists() else DecisionBasis.BLIND


def require_a_decision_of_ones_own(case: Case, source: ReviewSource) -> None:
    """Nobody agrees with what is not shown. Raises NotAllowedNow."""
    if source in BY_EYE and case.hides_recommendation:
        raise NotAllowedNow(
            _(
                "Case %(case)s is shown without a recommendation, so there is nothing "
                "to agree with; choose a decision."
            )
            % {"case": case},
            code="shown_without_recommendation",
        )

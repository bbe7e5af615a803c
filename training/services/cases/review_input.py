"""What a reviewer states, complete: the recommendation stands for what is left open.

Reads only; writes nothing.
"""

import unicodedata
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from preciso import limits
from training.choices import CaseStatus, ReviewSource
from training.errors import InvalidInput, NotAllowedNow
from training.models import Case
from training.services.cases import blind_share
from training.services.cases.reading_times import PageReading
from training.values import checked_text

UNSEEN = ("Cc", "Cf")  # control and format characters: two labels that look alike


@dataclass(frozen=True)
class ReviewInput:
    """What the reviewer says. An empty decision accepts the recommendation as is."""

    decision: str = ""
    rationale: str = ""
    reasoning: str = ""
    confidence: float | None = None
    attention: PageReading | None = None


def complete_review(
    case: Case, verdict: ReviewInput, source: ReviewSource
) -> ReviewInput:
    """With the decision and the rationale that count. Raises NotAllowedNow where there
    is nothing to accept, InvalidInput for what cannot be a decision."""
    decision = checked_text(_decision(case, verdict, source), "decision", limits.LABEL)
    rationale = checked_text(_rationale(case, verdict), "rationale")
    checked_text(verdict.reasoning, "reasoning")
    return replace(verdict, decision=decision, rationale=rationale)


def _decision(case: Case, verdict: ReviewInput, source: ReviewSource) -> str:
    if case.status == CaseStatus.APPROVED:
        raise NotAllowedNow(
            _("Case %(case)s is already approved.") % {"case": case},
            code="already_approved",
        )
    if verdict.decision and not verdict.decision.strip():
        raise InvalidInput(_("A decision cannot be blank."))
    if not verdict.decision:
        blind_share.require_a_decision_of_ones_own(case, source)
    decision = verdict.decision or case.recommended_decision
    if not decision:
        raise NotAllowedNow(
            _("Case %(case)s has no recommendation to accept; state a decision.")
            % {"case": case},
            code="no_recommendation",
        )
    if any(unicodedata.category(letter) in UNSEEN for letter in decision):
        raise InvalidInput(
            _("The decision contains invisible characters; please type it again.")
        )
    return decision


def _rationale(case: Case, verdict: ReviewInput) -> str:
    """Accepting a recommendation as it is takes over why it was made."""
    if verdict.decision:
        return verdict.rationale
    return verdict.rationale or case.recommended_rationale

"""What was measured while a person reviewed a case on its page.

A review that nobody reads makes a decision automatic, and that cannot be shown later.
Reviews that came another way (API, bulk, admin, import) say "not measured". What the
page showed is known of every review made on it, whatever the browser told.

Reads only; writes nothing.
"""

from dataclasses import dataclass
from typing import Any

from training.choices import ReviewSource
from training.models import Case, Review

NOT_MEASURED = "not_measured"


@dataclass(frozen=True)
class PageReading:
    """``active_seconds`` of the ``open_seconds`` that the page was open; which pieces
    of evidence were opened, by their ids; how often the mind was changed."""

    active_seconds: int
    open_seconds: int
    evidence: tuple[str, ...] = ()
    changes_of_mind: int = 0


def measured_columns(
    attention: PageReading | None, case: Case, source: ReviewSource, *, blind: bool
) -> dict[str, Any]:
    """What a review keeps of it; nothing where it was not made on the page."""
    if source != ReviewSource.PAGE:
        return {}
    recommendation = "none"
    if case.has_recommendation:  # seen only after this opinion, or before it
        recommendation = "after" if blind else "before"
    visibility = {"recommendation": recommendation}
    if attention is None:
        return {"reading": {"active_seconds": None, **visibility}}
    return {
        "active_seconds": attention.active_seconds,
        "reading": {
            "active_seconds": attention.active_seconds,
            "open_seconds": attention.open_seconds,
            "evidence": list(attention.evidence),
            "changes_of_mind": attention.changes_of_mind,
            **visibility,
        },
    }


def reading_for_event(review: Review) -> dict[str, Any] | str:
    """For the audit event."""
    return review.reading or NOT_MEASURED

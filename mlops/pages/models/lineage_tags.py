"""Template tags that show lineage on the page of a case."""

from django.template import Library

from mlops.models import Prediction
from mlops.pages.models.case_provenance import (
    LISTED,
    ApprovalImpact,
    VersionOrigin,
    approval_impact,
    recommendation_origin,
)
from mlops.provenance.origin import predictions_of
from training.models import Case

register = Library()


@register.simple_tag
def behind_recommendation(case: Case) -> VersionOrigin | None:
    """The version that recommended, and what it had learnt from."""
    return recommendation_origin(case)


@register.simple_tag
def reached_by_approval(case: Case) -> ApprovalImpact | None:
    """Versions, periods and cases that the approval of this case influenced."""
    return approval_impact(case)


@register.simple_tag
def recorded_answers(case: Case) -> list[Prediction]:
    """The newest recorded answers to questions that named this case."""
    return list(predictions_of(case)[:LISTED])

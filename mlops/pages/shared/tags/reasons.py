"""Why something was recommended, answered or put to serve."""

from django.template import Library

from mlops.explanations import in_words
from mlops.models import Prediction, ServingPeriod
from mlops.pages.shared.period_reasons import reason_of
from training.models import Case, Review

register = Library()


@register.filter
def reason(period: ServingPeriod) -> str:
    """Why a version serves or served: a person's words as they were written."""
    return reason_of(period)


@register.filter
def recommended_rationale(case: Case) -> str:
    """Why the model recommends it, in the reader's language."""
    return in_words(case.recommended_explanation, case.recommended_rationale)


@register.filter
def answered_rationale(answer: Prediction) -> str:
    return in_words(answer.explanation, answer.rationale)


@register.simple_tag
def review_rationale(review: Review, case: Case) -> str:
    """A person's words as they were written; those taken over from the model as its."""
    if review.rationale != case.recommended_rationale:
        return review.rationale
    return recommended_rationale(case)

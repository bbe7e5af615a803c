"""Lineage on pages that are about something else."""

from django.template import Library

from mlops.models import Prediction
from mlops.pages.models.case_provenance import SHOWN, Behind, Reached, behind, reached
from mlops.provenance.origin import predictions_of
from training.models import Case

register = Library()


@register.simple_tag
def behind_recommendation(case: Case) -> Behind | None:
    """The version that recommended, and what it had learnt from."""
    return behind(case)


@register.simple_tag
def reached_by_approval(case: Case) -> Reached | None:
    """Versions, periods and cases that the approval of this case influenced."""
    return reached(case)


@register.simple_tag
def recorded_answers(case: Case) -> list[Prediction]:
    """The newest recorded answers to questions that named this case."""
    return list(predictions_of(case)[:SHOWN])

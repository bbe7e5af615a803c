"""Template filters that put a rehearsal into words."""

from django.template import Library

from mlops.models import Rehearsal
from mlops.serving import rehearsal_report

register = Library()


@register.filter
def rehearsed(rehearsal: Rehearsal) -> str:
    """What a switch would change, in one sentence."""
    return rehearsal_report.sentence(rehearsal)


@register.filter
def rehearsed_in_short(rehearsal: Rehearsal) -> str:
    """For a line of the history."""
    return rehearsal_report.in_short(rehearsal)


@register.filter
def rehearsal_notes(rehearsal: Rehearsal) -> list[str]:
    """What to bear in mind when reading the sentence."""
    return rehearsal_report.notes(rehearsal)

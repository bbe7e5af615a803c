"""Whether new cases look like those the serving model learnt from, in words."""

from typing import Any

from django.utils.translation import gettext as _

from mlops.evaluation import drift
from mlops.serving import selection

FACTS = 5  # named, of those that differ


def card() -> dict[str, Any] | None:
    """The drift of the facts of new cases, and a sentence on it.

    None before the first model serves. While serving is stopped there is no version.
    """
    period = selection.current_period()
    if period is None:
        return None
    if period.is_stopped:
        text = _(
            "Serving is stopped, so no model recommends anything for new cases. They "
            "are compared again when one serves."
        )
        return {"version": None, "moved": [], "sentence": text}
    result = drift.of_period(period)
    measured = [each for each in result.facts or [] if each.psi is not None]
    moved = [each for each in measured if each.verdict != drift.STABLE]
    return {
        "version": period.model_version,
        "moved": [(each, _fact_sentence(each)) for each in moved[:FACTS]],
        "sentence": _sentence(result, len(measured), len(moved)),
    }


def _fact_sentence(fact: drift.FactDrift) -> str:
    text = (
        _("%(fact)s: new cases look different from what the model learnt on.")
        if fact.verdict == drift.MUCH
        else _("%(fact)s: new cases look somewhat different.")
    )
    return text % {"fact": fact.fact}


def _sentence(result: drift.Drift, measured: int, moved: int) -> str:
    """``measured``: the number of facts with an index; ``moved``: those that differ."""
    if result.facts is None:
        return _(
            "Not known for this version: it was measured before this was kept. It is "
            "known for the next version that is trained."
        )
    if not result.facts:
        return _("This version learnt from no facts.")
    if not measured and (result.needed is None or result.needed > drift.NEWEST):
        return _("The model learnt from too few cases to tell whether new ones differ.")
    text = _("The newest %(cases)s cases look like those the model learnt from.")
    if not measured:
        text = _(
            "%(cases)s new cases are too few to tell; with %(needed)s every fact can "
            "be compared."
        )
    elif measured < len(result.facts):
        text = _(
            "On the newest %(cases)s cases, %(shown)s of %(facts)s facts can be "
            "compared; looking different from what the model learnt on: %(moved)s."
        )
    elif moved:
        text = _(
            "On the newest %(cases)s cases, facts looking different from what the "
            "model learnt on: %(moved)s of %(facts)s."
        )
    return text % {
        "cases": result.cases,
        "facts": len(result.facts),
        "shown": measured,
        "moved": moved,
        "needed": result.needed,
    }

"""Whether new cases look like those the serving model learnt from, in words."""

from typing import Any

from django.utils.translation import gettext as _

from mlops.evaluation import drift
from mlops.serving import selection

FACTS = 5  # that are named


def card() -> dict[str, Any] | None:
    """What can be said of the facts of new cases, and the sentence that says it.

    None before the first model serves. While people decide there is no version.
    """
    period = selection.current_period()
    if period is None:
        return None
    if period.is_stopped:
        return {"version": None, "moved": [], "sentence": _stopped()}
    found = drift.of_period(period)
    shown = [each for each in found.facts or [] if each.psi is not None]
    moved = [each for each in shown if each.verdict != drift.STABLE]
    return {
        "version": period.model_version,
        "moved": [(each, _moved(each)) for each in moved[:FACTS]],
        "sentence": _sentence(found, len(shown), len(moved)),
    }


def _stopped() -> str:
    return _(
        "Serving is stopped, so no model recommends anything for new cases. They are "
        "compared again when one serves."
    )


def _moved(fact: drift.FactDrift) -> str:
    said = (
        _("%(fact)s: new cases look different from what the model learnt on.")
        if fact.verdict == drift.MUCH
        else _("%(fact)s: new cases look somewhat different.")
    )
    return said % {"fact": fact.fact}


def _sentence(found: drift.Drift, shown: int, moved: int) -> str:
    if found.facts is None:
        return _(
            "Not known for this version: it was measured before this was kept. It is "
            "known for the next version that is trained."
        )
    if not found.facts:
        return _("This version learnt from no facts.")
    if not shown:
        return _too_few(found)
    return _counted(found.cases, len(found.facts), shown, moved)


def _counted(cases: int, facts: int, shown: int, moved: int) -> str:
    said = _("The newest %(cases)s cases look like those the model learnt from.")
    if shown < facts:
        said = _(
            "On the newest %(cases)s cases, %(shown)s of %(facts)s facts can be "
            "compared; looking different from what the model learnt on: %(moved)s."
        )
    elif moved:
        said = _(
            "On the newest %(cases)s cases, facts looking different from what the "
            "model learnt on: %(moved)s of %(facts)s."
        )
    return said % {"cases": cases, "facts": facts, "shown": shown, "moved": moved}


def _too_few(found: drift.Drift) -> str:
    if found.needed is None or found.needed > drift.NEWEST:
        return _("The model learnt from too few cases to tell whether new ones differ.")
    return _(
        "%(cases)s new cases are too few to tell; with %(needed)s every fact can be "
        "compared."
    ) % {"cases": found.cases, "needed": found.needed}

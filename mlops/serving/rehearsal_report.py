"""A rehearsal in words: how many answers change, and what to bear in mind.

Everything here reads; nothing is written.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from mlops.models import ModelVersion, Rehearsal
from mlops.serving.rehearsal_rule import needs_rehearsal
from training.models import Case


@dataclass(frozen=True)
class RehearsalRow:
    """A case that the rehearsed version answers differently.

    ``decided``: by the reviewers. ``now``: the answer of the version that served, None
    without one. ``then``: that of the rehearsed version, with its ``confidence``.
    """

    case: Case
    decided: str
    now: str | None
    then: str
    confidence: float

    @property
    def verdict(self) -> str:
        """``better``: towards what the reviewers decided; ``worse``: away from it;
        empty: neither."""
        if self.then == self.decided:
            return "better"
        return "worse" if self.now in (None, self.decided) else ""


def rehearsal_rows(rehearsal: Rehearsal) -> list[RehearsalRow]:
    """The stored rows with their cases, in one query."""
    rows: list[dict[str, Any]] = rehearsal.rows
    cases = Case.objects.for_table().in_bulk([row["case"] for row in rows])
    return [
        RehearsalRow(
            cases[row["case"]],
            row["decided"],
            row["now"],
            row["then"],
            row["confidence"],
        )
        for row in rows
    ]


def sentence(rehearsal: Rehearsal) -> str:
    """What a switch would change, in one sentence."""
    if not rehearsal.cases:
        return gettext("No case has been reviewed yet, so there was nothing to try.")
    if rehearsal.serving_id is None:
        text = gettext(
            "Of %(cases)s, it answers %(away)s otherwise than your reviewers decided."
        )
    elif rehearsal.changed:
        text = ngettext(
            "Of %(cases)s, %(changed)s answer changes; away from what your reviewers "
            "decided: %(away)s.",
            "Of %(cases)s, %(changed)s answers change; %(away)s of them away from what "
            "your reviewers decided.",
            rehearsal.changed,
        )
    else:
        text = gettext("Of %(cases)s, no answer changes.")
    return text % _figures(rehearsal)


def in_short(rehearsal: Rehearsal) -> str:
    """The sentence as it stands in a line of the serving history."""
    if rehearsal.serving_id is None:
        text = gettext("%(away)s of %(cases)s otherwise than reviewers decided")
    else:
        text = ngettext(
            "%(changed)s of %(cases)s answer changed, %(away)s away",
            "%(changed)s of %(cases)s answers changed, %(away)s away",
            rehearsal.cases,
        )
    return text % _figures(rehearsal)


def notes(rehearsal: Rehearsal) -> list[str]:
    """What to bear in mind when reading the sentence."""
    broken = rehearsal.period_id is not None and rehearsal.serving_id is None
    texts = (
        (
            broken,
            gettext(
                "What serves could not be loaded, so the answers are compared with "
                "what the reviewers decided."
            ),
        ),
        (
            rehearsal.towards,
            gettext("Answers that become what your reviewers decided: %(towards)s."),
        ),
        (
            rehearsal.learnt,
            gettext(
                "Cases it was trained on, where it knows the answer: %(learnt)s of "
                "%(cases)s."
            ),
        ),
        (
            rehearsal.imported,
            gettext(
                "People have reviewed too few cases here, so imported decisions count "
                "as well: %(imported)s of %(cases)s."
            ),
        ),
    )
    return [text % _figures(rehearsal) for applies, text in texts if applies]


def _figures(rehearsal: Rehearsal) -> dict[str, str]:
    """The counts of a rehearsal as the reader's language writes numbers."""
    names = ("cases", "imported", "learnt", "changed", "away", "towards")
    return {
        name: number_format(getattr(rehearsal, name), force_grouping=True)
        for name in names
    }


def fresh_rehearsal(target: ModelVersion) -> dict[str, Any]:
    """The fresh rehearsal of ``target``, if any, as context of a switch button."""
    return {"target": target, "rehearsal": Rehearsal.objects.freshest(target)}


def rehearsal_page(target: ModelVersion) -> dict[str, Any]:
    """The newest rehearsal with its cases, fresh or not, as context of its page."""
    newest = target.rehearsals.for_page().first()
    return {
        "target": target,
        "rehearsal": newest,
        "is_fresh": newest is not None and newest.is_fresh,
        "rows": rehearsal_rows(newest) if newest else [],
        "must_rehearse": needs_rehearsal(target),
    }

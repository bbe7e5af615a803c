"""A rehearsal in words: what changes, against whom, and what to bear in mind."""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from mlops.models import ModelVersion, Rehearsal
from training.models import Case
from training.services.policy.policies import policy


@dataclass(frozen=True)
class Row:
    """A case that the version answers differently; ``now`` is None as in the row."""

    case: Case
    decided: str
    now: str | None
    then: str
    confidence: float

    @property
    def verdict(self) -> str:
        """better: towards what the reviewers decided; worse: away; or neither."""
        if self.then == self.decided:
            return "better"
        return "worse" if self.now in (None, self.decided) else ""


def rows_of(rehearsal: Rehearsal) -> list[Row]:
    """Its rows with their cases: one query."""
    kept: list[dict[str, Any]] = rehearsal.rows
    cases = Case.objects.for_table().in_bulk([row["case"] for row in kept])
    return [
        Row(
            cases[row["case"]],
            row["decided"],
            row["now"],
            row["then"],
            row["confidence"],
        )
        for row in kept
    ]


def sentence(rehearsal: Rehearsal) -> str:
    """What a switch would change, in one sentence."""
    places = _figures(rehearsal)
    if not rehearsal.cases:
        return gettext("No case has been reviewed yet, so there was nothing to try.")
    if rehearsal.serving_id is None:
        said = gettext(
            "Of %(cases)s, it answers %(away)s otherwise than your reviewers decided."
        )
    elif rehearsal.changed:
        said = ngettext(
            "Of %(cases)s, %(changed)s answer changes; away from what your reviewers "
            "decided: %(away)s.",
            "Of %(cases)s, %(changed)s answers change; %(away)s of them away from what "
            "your reviewers decided.",
            rehearsal.changed,
        )
    else:
        said = gettext("Of %(cases)s, no answer changes.")
    return said % places


def in_short(rehearsal: Rehearsal) -> str:
    """For the history: what was known when it was switched."""
    if rehearsal.serving_id is None:
        said = gettext("%(away)s of %(cases)s otherwise than reviewers decided")
    else:
        said = ngettext(
            "%(changed)s of %(cases)s answer changed, %(away)s away",
            "%(changed)s of %(cases)s answers changed, %(away)s away",
            rehearsal.cases,
        )
    return said % _figures(rehearsal)


def notes(rehearsal: Rehearsal) -> list[str]:
    """What to bear in mind when reading the sentence."""
    broken = rehearsal.period_id is not None and rehearsal.serving_id is None
    said = (
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
    return [note % _figures(rehearsal) for applies, note in said if applies]


def _figures(rehearsal: Rehearsal) -> dict[str, str]:
    counted = ("cases", "imported", "learnt", "changed", "away", "towards")
    return {
        name: number_format(getattr(rehearsal, name), force_grouping=True)
        for name in counted
    }


def tried(target: ModelVersion) -> dict[str, Any]:
    """What is known of a switch to ``target``, for the place where it is pressed."""
    return {"target": target, "rehearsal": Rehearsal.objects.freshest(target)}


def must_rehearse(target: ModelVersion) -> bool:
    """The rules ask for a rehearsal before a person selects it, and there is none."""
    return policy().rehearsal_required and not Rehearsal.objects.freshest(target)


def rehearsal_page(target: ModelVersion) -> dict[str, Any]:
    """The newest rehearsal with its cases, fresh or not."""
    newest = target.rehearsals.for_page().first()
    return {
        "target": target,
        "rehearsal": newest,
        "is_fresh": newest is not None and newest.is_fresh,
        "rows": rows_of(newest) if newest else [],
        "must_rehearse": must_rehearse(target),
    }

"""Rehearsal: what a switch would change, tried on cases that people reviewed.

It informs. It delays only a person's select, and only where the policy says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from mlops.models import ModelVersion, Rehearsal, ServingPeriod
from mlops.predictor_cache import STORE, CannotServe
from mlops.predictors import Answer
from mlops.serving import periods, selection
from training.errors import DomainError, InvalidInput, NotAllowedNow
from training.models import AuditEvent, Review
from training.models.audit import Actor
from training.models.reviews import ReviewQuerySet

DEFAULT_CASES, MOST_CASES = 200, 1000
MOST_ROWS = 200  # of the differing cases; the counts are of all


class CannotRehearse(DomainError):
    """The version cannot be asked; the sentence says why."""

    code = "cannot_rehearse"


@dataclass(frozen=True)
class ReviewedCase:
    """A case as its reviewer decided it; ``learnt``: the target was trained on it."""

    case_id: int
    decided: str
    facts: list[dict[str, Any]]
    learnt: bool


@dataclass(frozen=True)
class RehearsedAnswer:
    """The decision on one case, the answer of what serves, and that of the target.

    ``now`` is None where no version serves that could answer.
    """

    case_id: int
    decided: str
    now: str | None
    then: str
    confidence: float

    @property
    def before(self) -> str:
        """What the target's answer is compared with."""
        return self.decided if self.now is None else self.now

    @property
    def is_changed(self) -> bool:
        return self.then != self.before

    @property
    def is_away(self) -> bool:
        """It changes from what the reviewer decided to something else."""
        return self.is_changed and self.before == self.decided

    @property
    def is_towards(self) -> bool:
        """It changes to what the reviewer decided."""
        return self.is_changed and self.then == self.decided

    def as_row(self) -> dict[str, Any]:
        """As it is stored. The case by its key alone: its name can be corrected, and
        erased, where it stands."""
        return {
            "case": self.case_id,
            "decided": self.decided,
            "now": self.now,
            "then": self.then,
            "confidence": self.confidence,
        }


def rehearse(
    target: ModelVersion, *, by: Actor, cases: int = DEFAULT_CASES
) -> Rehearsal:
    """Ask ``target``, and what serves, about the newest reviewed cases.

    Returns the saved rehearsal, with the cases that the two answer differently. Raises
    NotAllowedNow where the target serves already, CannotRehearse where it cannot be
    loaded, InvalidInput for a number of cases that is not allowed; then nothing was
    written.
    """
    if not 1 <= cases <= MOST_CASES:
        raise InvalidInput(
            _("A rehearsal takes 1 to %(most)s cases.") % {"most": f"{MOST_CASES:,}"}
        )
    period = selection.current_period()
    if period is not None and period.model_version_id == target.pk:
        raise NotAllowedNow(
            _("%(version)s serves already: nothing would change.")
            % {"version": target},
            code="serves_already",
        )
    by_people = _reviewed_cases(Review.objects.by_people(), target, cases)
    missing = cases - len(by_people)
    imported = _reviewed_cases(Review.objects.imported(), target, missing)
    reviewed = by_people + imported
    serving, changed = _changed_answers(target, period, reviewed)
    rehearsal = Rehearsal(
        model_version=target,
        period=period,
        serving=serving,
        cases=len(reviewed),
        imported=len(imported),
        learnt=sum(case.learnt for case in reviewed),
        by=by,
        changed=len(changed),
        away=sum(answer.is_away for answer in changed),
        towards=sum(answer.is_towards for answer in changed),
        rows=[answer.as_row() for answer in changed[:MOST_ROWS]],
    )
    with transaction.atomic():
        rehearsal.save()
        AuditEvent.objects.record(
            "serving.rehearsed",
            actor=by,
            subject=target,
            records=[rehearsal],
            rehearsal=rehearsal.pk,
            before=str(serving) if serving else None,
            cases=rehearsal.cases,
            changed=rehearsal.changed,
            away=rehearsal.away,
        )
    return rehearsal


def rollback_version() -> ModelVersion:
    """What a rollback would bring back. Raises NotAllowedNow; writes nothing."""
    target = periods.rollback_target(selection.current_period())
    if target is None or target.model_version is None:
        raise selection.nothing_to_go_back_to()
    return target.model_version


def _reviewed_cases(
    reviews: ReviewQuerySet, target: ModelVersion, most: int
) -> list[ReviewedCase]:
    """The newest decided cases, in one query that reads no protected attribute."""
    learnt = target.run.learnt_from().filter(case=OuterRef("case"))
    rows = (
        reviews.that_decided()
        .annotate(learnt=Exists(learnt))
        .values_list("case_id", "case__decision", "case__facts", "learnt")[:most]
    )
    return [ReviewedCase(*row) for row in rows]


def _answers(version: ModelVersion, reviewed: Sequence[ReviewedCase]) -> list[Answer]:
    """Raises CannotServe."""
    return STORE.get(version.pk).predict([case.facts for case in reviewed])


def _changed_answers(
    target: ModelVersion,
    period: ServingPeriod | None,
    reviewed: Sequence[ReviewedCase],
) -> tuple[ModelVersion | None, list[RehearsedAnswer]]:
    """The version that was compared with, if any, and the answers that change.

    Raises CannotRehearse where the target cannot be loaded.
    """
    try:
        then = _answers(target, reviewed)
    except CannotServe as error:
        raise CannotRehearse(
            _("%(version)s cannot be rehearsed: %(why)s")
            % {"version": target, "why": error.problem.label}
        ) from error
    serving = period.model_version if period else None
    now: list[str] | list[None] = [None] * len(reviewed)
    if serving is not None:
        try:
            now = [answer.decision for answer in _answers(serving, reviewed)]
        except CannotServe:
            # What serves is broken. A rehearsal is the way to another version, so the
            # target is compared with what people decided.
            serving = None
    answers = [
        RehearsedAnswer(case.case_id, case.decided, old, new.decision, new.confidence)
        for case, old, new in zip(reviewed, now, then, strict=True)
    ]
    return serving, [answer for answer in answers if answer.is_changed]

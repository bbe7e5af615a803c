"""Rehearsal: what would change, tried on cases that people reviewed, before a switch.

It informs. It holds up only a person's select, and only where the policy says so.
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
class Reviewed:
    """A case as its reviewer decided it; ``learnt``: the target was trained on it."""

    case_id: int
    decided: str
    facts: list[dict[str, Any]]
    learnt: bool


@dataclass(frozen=True)
class Tried:
    """One case: the decision, what is answered now, what the target answers.

    ``now`` is None where there is no version to compare with.
    """

    case_id: int
    decided: str
    now: str | None
    then: str
    confidence: float

    @property
    def before(self) -> str:
        """What the answer is compared with."""
        return self.decided if self.now is None else self.now

    @property
    def is_changed(self) -> bool:
        return self.then != self.before

    @property
    def is_away(self) -> bool:
        return self.is_changed and self.before == self.decided

    @property
    def is_towards(self) -> bool:
        return self.is_changed and self.then == self.decided


def rehearse(
    target: ModelVersion, *, by: Actor, cases: int = DEFAULT_CASES
) -> Rehearsal:
    """Ask ``target``, and what serves, about the newest reviewed cases; keep what
    differs.

    Raises NotAllowedNow where it serves already, CannotRehearse where it cannot be
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
    by_people = _reviewed(Review.objects.by_people(), target, cases)
    imported = _reviewed(Review.objects.imported(), target, cases - len(by_people))
    reviewed = by_people + imported
    then = _ask_target(target, reviewed)
    now = _ask_serving(period, reviewed)
    rehearsal = Rehearsal(
        model_version=target,
        period=period,
        serving=period.model_version if period and now is not None else None,
        cases=len(reviewed),
        imported=len(imported),
        learnt=sum(each.learnt for each in reviewed),
        by=by,
        **_counted(_beside(reviewed, now, then)),
    )
    return _kept(rehearsal)


def _counted(tried: Sequence[Tried]) -> dict[str, Any]:
    """How many answers change, and to which side; the newest of them as rows."""
    changed = [each for each in tried if each.is_changed]
    return {
        "changed": len(changed),
        "away": sum(each.is_away for each in changed),
        "towards": sum(each.is_towards for each in changed),
        "rows": [_row(each) for each in changed[:MOST_ROWS]],
    }


@transaction.atomic
def _kept(rehearsal: Rehearsal) -> Rehearsal:
    rehearsal.save()
    AuditEvent.objects.record(
        "serving.rehearsed",
        actor=rehearsal.by,
        subject=rehearsal.model_version,
        records=[rehearsal],
        rehearsal=rehearsal.pk,
        before=str(rehearsal.serving) if rehearsal.serving else None,
        cases=rehearsal.cases,
        changed=rehearsal.changed,
        away=rehearsal.away,
    )
    return rehearsal


def rollback_version() -> ModelVersion:
    """What a rollback would bring back. Raises NotAllowedNow."""
    target = periods.rollback_target(selection.current_period())
    if target is None or target.model_version is None:
        raise selection.nothing_to_go_back_to()
    return target.model_version


def _reviewed(
    reviews: ReviewQuerySet, target: ModelVersion, most: int
) -> list[Reviewed]:
    """The newest decided cases: one query. What is protected is not even read."""
    learnt = target.run.learnt_from().filter(case=OuterRef("case"))
    rows = (
        reviews.that_decided()
        .annotate(learnt=Exists(learnt))
        .values_list("case_id", "case__decision", "case__facts", "learnt")[:most]
    )
    return [Reviewed(*row) for row in rows]


def _ask_target(target: ModelVersion, reviewed: Sequence[Reviewed]) -> list[Answer]:
    try:
        return _ask(target, reviewed)
    except CannotServe as found:
        raise CannotRehearse(
            _("%(version)s cannot be rehearsed: %(why)s")
            % {"version": target, "why": found.problem.label}
        ) from found


def _ask_serving(
    period: ServingPeriod | None, reviewed: Sequence[Reviewed]
) -> list[Answer] | None:
    """None where nothing serves, or what serves is broken: going on must be possible.

    For then a rehearsal is the way out, and it is compared with what people decided.
    """
    if period is None or period.model_version is None:
        return None
    try:
        return _ask(period.model_version, reviewed)
    except CannotServe:
        return None


def _ask(version: ModelVersion, reviewed: Sequence[Reviewed]) -> list[Answer]:
    return STORE.get(version.pk).predict([each.facts for each in reviewed])


def _beside(
    reviewed: Sequence[Reviewed], now: Sequence[Answer] | None, then: Sequence[Answer]
) -> list[Tried]:
    before = [None] * len(reviewed) if now is None else [each.decision for each in now]
    return [
        Tried(case.case_id, case.decided, was, answer.decision, answer.confidence)
        for case, was, answer in zip(reviewed, before, then, strict=True)
    ]


def _row(tried: Tried) -> dict[str, Any]:
    """The case by its key: its name stays where it is, and can be corrected there."""
    return {
        "case": tried.case_id,
        "decided": tried.decided,
        "now": tried.now,
        "then": tried.then,
        "confidence": tried.confidence,
    }

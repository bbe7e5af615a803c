"""What the system decided by itself, and why: for the page of decisions."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mlops.models import PromotionDecision
from mlops.selectors import verdicts
from mlops.selectors.comparison import promotion_lines
from mlops.selectors.verdicts import Line
from training.models import AutoDecision

YES_OR_NO = {"yes": True, "no": False}
KINDS: dict[str, str | Promise] = {
    "training": _("Training"),
    "promotion": _("Taking over"),
}


@dataclass(frozen=True)
class Told:
    """One decision: the row, why not in one line, and the whole card."""

    row: Any
    why_not: str
    lines: list[Line]


def decided_trainings(
    *, trigger: str = "", done: str = "", case: int | None = None
) -> QuerySet[AutoDecision]:
    """Newest first. ``done``: ``yes`` where it trained, ``no`` where it did not."""
    found = AutoDecision.objects.select_related("case", "job").defer(
        "case__facts", "case__evidence", "case__protected"
    )
    if trigger:
        found = found.filter(trigger=trigger)
    if done in YES_OR_NO:
        found = found.filter(submitted=YES_OR_NO[done])
    if case is not None:
        found = found.filter(case=case)
    return found.order_by("-pk")


def decided_promotions(*, done: str = "") -> QuerySet[PromotionDecision]:
    found = PromotionDecision.objects.select_related("model_version", "champion")
    if done in YES_OR_NO:
        found = found.filter(promoted=YES_OR_NO[done])
    return found.order_by("-pk")


def told_trainings(rows: list[AutoDecision]) -> list[Told]:
    return [_told(row, verdicts.rule_lines(row.rules)) for row in rows]


def told_promotions(rows: list[PromotionDecision]) -> list[Told]:
    return [_told(row, promotion_lines(row.rules)) for row in rows]


def _told(row: Any, lines: list[Line]) -> Told:
    return Told(row, verdicts.why_not(lines), lines)


def tallies() -> dict[str, int]:
    """How many decisions there are of each kind."""
    return {
        "training": AutoDecision.objects.count(),
        "promotion": PromotionDecision.objects.count(),
    }

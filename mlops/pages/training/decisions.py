"""What the system decided by itself, and why: for the page of decisions."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mlops.models import PromotionDecision
from mlops.pages.shared import auto_rule_text
from mlops.pages.shared.auto_rule_text import RuleLine
from mlops.pages.shared.model_comparison import promotion_lines
from preciso.filters import Filters, FlagFilter, Renamed
from training.filters.decisions import DecisionFilters
from training.models import AutoDecision

KINDS: dict[str, str | Promise] = {
    "training": _("Training"),
    "promotion": _("Taking over"),
}


@dataclass(frozen=True)
class DecisionRow:
    """One decision: the stored row, why not in one line, and all its rules in words."""

    row: AutoDecision | PromotionDecision
    why_not: str
    lines: list[RuleLine]


class PromotionFilters(Filters):
    """Whether a version was promoted; this list has no counterpart in the API."""

    promoted = FlagFilter()


RENAMED: dict[str, Renamed] = {
    "training": {
        ("done", "yes"): ("submitted", "true"),
        ("done", "no"): ("submitted", "false"),
        ("case", None): ("case_id", None),
    },
    "promotion": {
        ("done", "yes"): ("promoted", "true"),
        ("done", "no"): ("promoted", "false"),
    },
}


def filters(kind: str, query: QueryDict) -> DecisionFilters | PromotionFilters:
    """The decisions of this kind, newest first, narrowed by the address."""
    if kind == "promotion":
        promotions = PromotionDecision.objects.select_related(
            "model_version", "champion"
        )
        return PromotionFilters(query, promotions.order_by("-pk"))
    trainings = AutoDecision.objects.select_related("case", "job").defer(
        "case__facts", "case__evidence", "case__protected"
    )
    return DecisionFilters(query, trainings.order_by("-pk"))


def decision_rows(
    kind: str, decisions: Iterable[AutoDecision | PromotionDecision]
) -> list[DecisionRow]:
    """The decisions with their rules in words."""
    in_words = promotion_lines if kind == "promotion" else auto_rule_text.rule_lines
    rows = []
    for decision in decisions:
        lines = in_words(decision.rules)
        rows.append(DecisionRow(decision, auto_rule_text.why_not(lines), lines))
    return rows


def tallies() -> dict[str, int]:
    """How many decisions there are of each kind."""
    return {
        "training": AutoDecision.objects.count(),
        "promotion": PromotionDecision.objects.count(),
    }

"""The tabs of the inbox and one case, as the pages show them."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mlops.pages.approvals.gate_checks import check_lines
from mlops.pages.shared.auto_rule_text import card
from mlops.pages.shared.case_lists import CaseListing
from mlops.pages.shared.inbox import neighbours, progress
from mlops.pages.shared.permitted_people import who_can_approve
from mlops.provenance.impact import withdrawal_impact
from preciso.value_counts import tally
from training.choices import (
    CASE_WAITING,
    CaseStatus,
    GateStatus,
)
from training.models import AutoDecision, Case, Review, Sample, TrainingPolicy
from training.services.cases.approvers import approval_bars
from training.services.cases.claims import open_with
from training.services.cases.undo import is_frozen, undo_until
from training.services.policy import policies

KNOWN_DECISIONS = 6
NEWEST_SAMPLES = 2000  # read for the commonest decisions
CONTRADICTIONS = 3  # cases with equal facts that are linked
CONFIDENCE_CHOICES: list[tuple[str, str | Promise]] = [
    ("0.95", _("Sure (95 %)")),
    ("0.8", _("Fairly sure (80 %)")),
    ("0.6", _("In doubt (60 %)")),
    ("0.3", _("Guessing (30 %)")),
]


@dataclass(frozen=True)
class InboxTab:
    """One list of the inbox, with the number of its rows."""

    key: str
    label: str | Promise
    count: int


def tabs() -> list[InboxTab]:
    counts = tally(Case.objects.all(), "status", CaseStatus, CaseStatus.APPROVED)
    waiting = counts[CaseStatus.AWAITING_REVIEW]
    second = counts[CaseStatus.NEEDS_REVIEW]
    return [
        InboxTab("waiting", _("To decide"), waiting + second),
        InboxTab(CaseStatus.NEEDS_REVIEW, _("Second reviewer"), second),
        InboxTab(
            CaseStatus.CHANGES_REQUESTED,
            _("Sent back"),
            counts[CaseStatus.CHANGES_REQUESTED],
        ),
        InboxTab(CaseStatus.APPROVED, _("Approved"), counts[CaseStatus.APPROVED]),
        InboxTab(CaseStatus.REJECTED, _("Rejected"), counts[CaseStatus.REJECTED]),
        InboxTab("all", _("All"), sum(counts.values())),
    ]


def known_decisions() -> list[str]:
    """The decisions people made lately, the commonest first."""
    newest = Sample.objects.order_by("-pk").values_list("decision", flat=True)
    counts = Counter(newest[:NEWEST_SAMPLES])
    ranked = sorted(counts, key=lambda decision: (-counts[decision], decision))
    return ranked[:KNOWN_DECISIONS]


def case_page(case: Case, *, reader: User, case_list: CaseListing) -> dict[str, Any]:
    """Everything that the page of one case shows, except what the person may do."""
    reviews = list(case.reviews.for_table())
    waiting, rules = case.status in CASE_WAITING, policies.policy()
    first = [each for each in reviews if waiting and each.asks_for_another(case)]
    opinion = first[0] if first else None
    sample = case.samples.order_by("-pk").first()
    auto = (
        AutoDecision.objects.filter(case=case)
        .select_related("job")
        .order_by("-pk")
        .first()
    )
    fits = sample is not None and sample.gate_status == GateStatus.CANDIDATE
    is_learnt = fits and sample is not None and sample.withdrawn_at is None
    # Why Auto did not train is of no interest where nothing is learnt from the case.
    if auto and not (is_learnt or auto.submitted):
        auto = None
    checks = check_lines(sample.gate_checks) if sample else []
    recommended = case.recommended_decision if case.shows_recommendation else ""
    return {
        **_around(case, reader, case_list),
        "case": case,
        "reviews": reviews,
        "first_opinion": opinion,
        "why_second": _why_second(case, opinion) if opinion else None,
        **_eyes(case, reader, rules),
        "sample": sample,
        "ripple": withdrawal_impact(case),
        "checks": checks,
        "unmet": [line for line in checks if not line.ok],
        "fits": fits,
        "sealed_in": sample.in_from if sample and is_frozen(sample) else None,
        "auto": auto,
        "auto_card": card(auto.rules) if auto else None,
        "outcomes": list(case.outcomes.order_by("-at", "-pk")),
        "decisions": [d for d in known_decisions() if d != recommended],
        "protected_count": len(case.protected or {}),
        "waiting": waiting,
        "min_confidence": rules.min_confidence,
        "undo_until": undo_until(case),
        "sureness": CONFIDENCE_CHOICES,
        "opinions": _opinions(case),
    }


def _eyes(case: Case, reader: User, rules: TrainingPolicy) -> dict[str, Any]:
    """Whether this person may approve it and, where somebody may not, who can."""
    if case.status not in CASE_WAITING:
        return {"why_not": "", "who_can": None}
    tied = approval_bars(case, rules)
    return {
        "why_not": tied.why_not(reader.pk),
        "who_can": who_can_approve(case, tied),
    }


def _around(case: Case, reader: User, case_list: CaseListing) -> dict[str, Any]:
    """The list that the case is worked through in, and who else has it open."""
    before, after = neighbours(case, case_list, reader)
    return {
        "case_list": case_list,
        "before": before,
        "next": after,
        "progress": progress(reader),
        "held": open_with(case, reader=reader) if case.is_in_inbox else None,
    }


def _opinions(case: Case) -> list[Review]:
    """Both opinions, where two reviewers gave one on the case as it is; else none.

    An opinion that was taken back, or that was on other facts, is history.
    """
    counting = case.samples.filter(withdrawn_at=None, facts_sha256=case.facts_sha256)
    counting = counting.select_related("review__by").order_by("pk")
    opinions = [sample.review for sample in counting]
    return opinions if len(opinions) > 1 else []


def _why_second(case: Case, opinion: Review) -> dict[str, Any]:
    """Why one decision was not enough: doubt, or equal facts decided otherwise.

    ``otherwise`` are live samples of other cases; empty once they are withdrawn.
    """
    failed = {check["check"] for check in opinion.sample.gate_checks if not check["ok"]}
    contradicts = "contradictions" in failed
    # The conditions of the partial index sample_same_facts: with them both databases
    # use it, without them they read the table.
    live = Sample.objects.filter(
        facts_sha256=case.facts_sha256,
        withdrawn_at=None,
        gate_status=GateStatus.CANDIDATE,
    )
    others = live.exclude(decision=opinion.decision).exclude(case=case)
    others = others.select_related("case").order_by("pk")
    return {
        "unsure": "confidence" in failed,
        "contradicts": contradicts,
        "otherwise": list(others[:CONTRADICTIONS]) if contradicts else [],
    }

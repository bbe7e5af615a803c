"""The inbox of cases and one case, as the pages show them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mlops.selectors.checks import check_lines
from mlops.selectors.influence import ripple
from mlops.selectors.verdicts import rule_lines
from training.choices import (
    CASE_WAITING,
    CaseStatus,
    DatasetStatus,
    GateStatus,
    ReviewAction,
    ReviewSource,
)
from training.models import AutoDecision, Case, Review, Sample, TrainingPolicy
from training.models.cases import CaseQuerySet
from training.services import policies

KNOWN_DECISIONS = 6
OTHERWISE = 3  # cases with equal facts that are linked
SURENESS: list[tuple[str, str | Promise]] = [
    ("0.95", _("Sure (95 %)")),
    ("0.8", _("Fairly sure (80 %)")),
    ("0.6", _("In doubt (60 %)")),
    ("0.3", _("Guessing (30 %)")),
]


@dataclass(frozen=True)
class Tab:
    """One list of the inbox, with the number of its rows."""

    key: str
    label: str | Promise
    count: int


def inbox(status: str, text: str) -> CaseQuerySet:
    """``status``: a case status, ``waiting`` (the inbox) or ``all``."""
    cases = Case.objects.for_table()
    if status == "waiting":
        cases = cases.awaiting_approval().order_by("pk")
    elif status in CaseStatus.values:
        cases = cases.filter(status=status)
    return cases.matching(text) if text else cases


def tabs() -> list[Tab]:
    rows = Case.objects.values_list("status").annotate(n=Count("pk")).order_by()
    counts: dict[str, int] = dict(rows)
    waiting = counts.get(CaseStatus.AWAITING_REVIEW, 0)
    second = counts.get(CaseStatus.NEEDS_REVIEW, 0)
    return [
        Tab("waiting", _("To decide"), waiting + second),
        Tab(CaseStatus.NEEDS_REVIEW, _("Second reviewer"), second),
        Tab(
            CaseStatus.CHANGES_REQUESTED,
            _("Sent back"),
            counts.get(CaseStatus.CHANGES_REQUESTED, 0),
        ),
        Tab(CaseStatus.APPROVED, _("Approved"), counts.get(CaseStatus.APPROVED, 0)),
        Tab(CaseStatus.REJECTED, _("Rejected"), counts.get(CaseStatus.REJECTED, 0)),
        Tab("all", _("All"), sum(counts.values())),
    ]


def next_case(reader: User, *, after: int | None = None) -> Case | None:
    """The oldest case this person can decide, other than the one just looked at."""
    mine = Review.objects.filter(action=ReviewAction.APPROVE, by=reader)
    waiting = (
        Case.objects.awaiting_approval()
        .exclude(status=CaseStatus.NEEDS_REVIEW, pk__in=mine.values("case"))
        .order_by("pk")
    )
    if after is None:
        return waiting.first()
    return waiting.filter(pk__gt=after).first() or waiting.exclude(pk=after).first()


def known_decisions() -> list[str]:
    """The decisions people make here, the commonest first."""
    rows = (
        Sample.objects.values_list("decision")
        .annotate(n=Count("pk"))
        .order_by("-n", "decision")[:KNOWN_DECISIONS]
    )
    return [decision for decision, _n in rows]


def case_page(case: Case, *, reader: User) -> dict[str, Any]:
    """Everything the page of one case shows, but what the person may do."""
    reviews = list(case.reviews.for_table())
    opinion = next((review for review in reviews if review.decision), None)
    is_second = case.status == CaseStatus.NEEDS_REVIEW
    sample = case.samples.order_by("-pk").first()
    decided = AutoDecision.objects.filter(case=case).select_related("job")
    verdict = decided.order_by("-pk").first()
    fits = sample is not None and sample.gate_status == GateStatus.CANDIDATE
    learns = fits and sample is not None and sample.withdrawn_at is None
    tells = verdict if verdict and (learns or verdict.submitted) else None
    recommended = case.recommended_decision
    policy = policies.policy()
    return {
        "case": case,
        "reviews": reviews,
        "first_opinion": opinion,
        "why_second": _why_second(case, sample, opinion) if is_second else None,
        "is_mine": is_second and opinion is not None and opinion.by == reader,
        "sample": sample,
        "ripple": ripple(case),
        "checks": check_lines(sample.gate_checks) if sample else [],
        "fits": fits,
        "sealed_in": sample.in_from if sample and _is_frozen(sample) else None,
        "auto": tells,
        "rules": rule_lines(tells.rules) if tells else [],
        "outcomes": list(case.outcomes.order_by("-at", "-pk")),
        "decisions": [d for d in known_decisions() if d != recommended],
        "protected_count": len(case.protected or {}),
        "waiting": case.status in CASE_WAITING,
        "min_confidence": policy.min_confidence,
        "undo_until": _undo_until(case, sample, policy),
        "sureness": SURENESS,
        "next": next_case(reader, after=case.pk),
    }


def _why_second(
    case: Case, sample: Sample | None, opinion: Review | None
) -> dict[str, Any]:
    """Why one decision was not enough: doubt, or equal facts decided otherwise.

    ``otherwise`` are live samples of other cases; empty once they are withdrawn.
    """
    checks = sample.gate_checks if sample else []
    failed = {check["check"] for check in checks if not check["ok"]}
    contradicts = "contradictions" in failed and opinion is not None
    # The words of the index sample_same_facts.
    live = Sample.objects.filter(
        facts_sha256=case.facts_sha256,
        withdrawn_at=None,
        gate_status=GateStatus.CANDIDATE,
    )
    others = live.exclude(decision=opinion.decision if opinion else "")
    found = others.exclude(case=case).select_related("case").order_by("pk")
    return {
        "unsure": "confidence" in failed,
        "contradicts": contradicts,
        "otherwise": list(found[:OTHERWISE]) if contradicts else [],
    }


def _undo_until(
    case: Case, sample: Sample | None, policy: TrainingPolicy
) -> datetime | None:
    """Until when Auto leaves the approval alone; None once it may learn from it.

    Also None where Auto does not wait for it: nothing is learnt from it, the decision
    was imported, or a dataset was sealed with it meanwhile.
    """
    if sample is None or case.status != CaseStatus.APPROVED or sample.withdrawn_at:
        return None
    if (
        sample.gate_status != GateStatus.CANDIDATE
        or sample.source == ReviewSource.REPLAY
        or _is_frozen(sample)
    ):
        return None
    settles = sample.created_at + timedelta(minutes=policy.undo_window_minutes)
    return settles if settles > timezone.now() else None


def _is_frozen(sample: Sample) -> bool:
    version = sample.in_from
    return version is not None and version.status != DatasetStatus.OPEN

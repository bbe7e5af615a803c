"""The inbox of cases and one case, as the pages show them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from training.choices import CASE_WAITING, CaseStatus, GateStatus, ReviewAction
from training.models import AutoDecision, Case, Review, Sample
from training.models.cases import CaseQuerySet
from training.services import auto

KNOWN_DECISIONS = 6
SURENESS: list[tuple[str, str | Promise]] = [
    ("0.95", _("Sure (95 %)")),
    ("0.8", _("Fairly sure (80 %)")),
    ("0.6", _("In doubt (60 %)")),
    ("0.3", _("Guessing (30 %)")),
]
CHECKS: dict[str, str | Promise] = {
    "confidence": _("Reviewer's confidence"),
    "evidence_count": _("Pieces of evidence"),
    "output_length": _("Length of the answer, characters"),
}
RULES: dict[str, str | Promise] = {
    "switched_on": _("Auto switched on"),
    "training_enabled": _("Training switched on here"),
    "new_samples": _("Enough new samples"),
    "cooldown": _("Pause since the last training, minutes"),
    "runs_per_day": _("Automatic trainings today"),
    "no_training_running": _("No other training is running"),
    "submitted": _("The training could be submitted"),
    "judged": _("The rules could be looked at"),
}


@dataclass(frozen=True)
class Tab:
    """One list of the inbox, with the number of its rows."""

    key: str
    label: str | Promise
    count: int


@dataclass(frozen=True)
class Line:
    """One rule or check in words, with its figures where there are any."""

    label: str | Promise
    ok: bool
    figures: str
    next_possible: datetime | None = None


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
    recommended = case.recommended_decision
    return {
        "case": case,
        "reviews": reviews,
        "first_opinion": opinion,
        "is_mine": is_second and opinion is not None and opinion.by == reader,
        "sample": sample,
        "checks": [_check(row) for row in sample.gate_checks] if sample else [],
        "fits": sample is not None and sample.gate_status == GateStatus.CANDIDATE,
        "auto": verdict,
        "rules": rule_lines(verdict.rules) if verdict else [],
        "outcomes": list(case.outcomes.order_by("-at", "-pk")),
        "decisions": [d for d in known_decisions() if d != recommended],
        "protected_count": len(case.protected or {}),
        "waiting": case.status in CASE_WAITING,
        "min_confidence": auto.policy().min_confidence,
        "sureness": SURENESS,
        "next": next_case(reader, after=case.pk),
    }


def _check(row: dict[str, Any]) -> Line:
    name = str(row.get("check", ""))
    return Line(
        CHECKS.get(name, name.replace("_", " ").capitalize()),
        bool(row.get("ok")),
        _figures(row),
    )


def rule_lines(rules: list[dict[str, Any]]) -> list[Line]:
    """The rules of Auto in words, failing ones first."""
    lines = [
        Line(
            RULES.get(str(row["rule"]), str(row["rule"]).replace("_", " ")),
            bool(row["ok"]),
            _figures(row),
            _moment(row.get("next_possible")),
        )
        for row in rules
    ]
    return sorted(lines, key=lambda line: line.ok)


def _figures(row: dict[str, Any]) -> str:
    """``86 of 50``; a yes or no needs no figure."""
    value, limit = row.get("value"), row.get("limit")
    if value is None or isinstance(value, bool):
        return ""
    shown = number_format(value, force_grouping=True) if _is_number(value) else value
    if not limit or not _is_number(limit):
        return str(shown) if value else ""
    return gettext("%(value)s of %(limit)s") % {
        "value": shown,
        "limit": number_format(limit, force_grouping=True),
    }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

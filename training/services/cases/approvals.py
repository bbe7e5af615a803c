"""Decisions of reviewers about a case, and the sample that an approval yields."""

import hashlib
from dataclasses import dataclass, replace

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from preciso.clock import DatabaseNow
from training.case_text import INSTRUCTION, render_facts, render_output
from training.choices import CaseStatus, GateStatus, ReviewAction, ReviewSource
from training.errors import NotAllowedNow
from training.gate import GateCheck, GateInput
from training.models import (
    AuditEvent,
    AutoDecision,
    Case,
    Review,
    Sample,
    SamplePlace,
)
from training.services.cases import approvers, blind_share, gate_verdicts
from training.services.cases.reading_times import (
    PageReading,
    measured_columns,
    reading_for_event,
)
from training.services.cases.review_input import ReviewInput, complete_review
from training.services.datasets.versions import enter_open_version, open_version
from training.services.policy import auto_decisions, policies
from training.values import checked_text

__all__ = [
    "Approval",
    "ReviewInput",
    "approve_case",
    "is_held_out",
    "record_approval",
    "reject_case",
    "request_changes",
    "withdraw_approval",
]


@dataclass(frozen=True)
class Approval:
    """What an approval led to; ``auto`` says why Auto trains, or why not."""

    case: Case
    review: Review
    sample: Sample
    auto: AutoDecision


def approve_case(
    case: Case,
    verdict: ReviewInput,
    *,
    by: User,
    source: ReviewSource = ReviewSource.API,
) -> Approval:
    """Approve, make the sample, and let the policy decide whether Auto trains.

    Raises NotAllowedNow (nothing to accept, already approved, a second opinion by the
    same person) or StaleState (somebody was first); then nothing was written.
    """
    stated = complete_review(case, verdict, source)
    sample = _read(case, stated, source)
    review_and_sample, read = _record_approval(case, stated, sample, by=by)
    # A transaction of its own: the approval holds no lock while Auto is judged.
    decision = auto_decisions.consider_after_approval(case, read)
    return Approval(case, *review_and_sample, decision)


def record_approval(
    case: Case,
    verdict: ReviewInput,
    *,
    by: User,
    source: ReviewSource,
    sample: GateInput | None = None,
) -> tuple[Review, Sample]:
    """The approval alone, without asking Auto (see ``approve_case``).

    ``sample`` is what the gate read of these texts, where that was done before.
    """
    stated = complete_review(case, verdict, source)
    sample = sample or _read(case, stated, source)
    review_and_sample, _policy = _record_approval(case, stated, sample, by=by)
    return review_and_sample


def _read(case: Case, stated: ReviewInput, source: ReviewSource) -> GateInput:
    output = render_output(stated.decision, stated.rationale)
    answer = gate_verdicts.ReviewedAnswer(
        stated.decision, output, source, stated.confidence
    )
    return gate_verdicts.read(case, answer)


@transaction.atomic
def _record_approval(
    case: Case, verdict: ReviewInput, read: GateInput, *, by: User
) -> tuple[tuple[Review, Sample], policies.PolicyAndTime]:
    """Write the review and the sample in one transaction.

    No text is read in here, because others wait for the lock meanwhile.
    """
    decision, source = verdict.decision, ReviewSource(read.source)
    blind = blind_share.is_made_blind(case, source)
    basis = blind_share.how_judged(case, source)
    policy, now = policies.policy_and_time()
    tied = approvers.approval_bars(case, policy)
    approvers.require_may_approve(case, tied, by)
    read = replace(read, confirmed_by_second_reviewer=tied.asked_by_person)
    status, checks = gate_verdicts.judge(case, read, policy)
    asks_second = approvers.asks_second(checks)
    if asks_second:  # also where the sample is unfit whatever a second person says
        case.move(CaseStatus.NEEDS_REVIEW)
    else:
        case.move(CaseStatus.APPROVED, decision=decision, judged=basis)
    review = Review.objects.create(
        case=case,
        action=ReviewAction.APPROVE,
        decision=decision,
        rationale=verdict.rationale,
        reasoning=verdict.reasoning,
        confidence=verdict.confidence,
        source=source,
        blind=blind,
        content_sha256=case.content_sha256,
        asks_second=asks_second,
        by=by,
        **measured_columns(verdict.attention, case, source, blind=blind),
    )
    sample = _make_sample(case, review, read.output, status, checks)
    AuditEvent.objects.record(
        "case.needs_second" if asks_second else "case.approved",
        actor=by,
        subject=case,
        records=[case, review, sample, SamplePlace.of(sample)],
        decision=decision,
        reading=reading_for_event(review),
        review=review.pk,
        sample=sample.pk,
        gate=sample.gate_status,
        source=source,
    )
    return (review, sample), (policy, now)


def _make_sample(
    case: Case, review: Review, output: str, status: GateStatus, checks: list[GateCheck]
) -> Sample:
    columns = {
        "case": case,
        "review": review,
        "instruction": INSTRUCTION,
        "input": render_facts(case.facts, case.evidence),
        "output": output,
        "facts": case.facts,
        "decision": review.decision,
        "facts_sha256": case.facts_sha256,
        "held_out": is_held_out(case.external_id),
        "source": review.source,
        "reviewer": review.by,
        "gate_status": status,
        "gate_checks": [check.as_json() for check in checks],
    }
    if status == GateStatus.CANDIDATE:
        return enter_open_version(by=review.by, **columns)
    return Sample.objects.create(**columns)


def is_held_out(external_id: str) -> bool:
    """Whether a case is kept for evaluation: a stable hash, so it never moves."""
    digest = hashlib.sha256(f"split:{external_id}".encode()).digest()
    return int.from_bytes(digest[:8]) % 100 < settings.EVAL_SHARE


@dataclass(frozen=True)
class Closing:
    """Why a case is closed without a decision, from where, and how it was read."""

    reasoning: str = ""
    source: ReviewSource = ReviewSource.API
    attention: PageReading | None = None


def reject_case(
    case: Case,
    *,
    by: User,
    reasoning: str = "",
    source: ReviewSource = ReviewSource.API,
    attention: PageReading | None = None,
) -> Review:
    """Nothing is to be learnt from this case. Raises StaleState if it is decided."""
    closing = Closing(reasoning, source, attention)
    return _close(case, ReviewAction.REJECT, closing, by)


def request_changes(
    case: Case,
    *,
    by: User,
    reasoning: str = "",
    source: ReviewSource = ReviewSource.API,
    attention: PageReading | None = None,
) -> Review:
    """Send the case back to be corrected. Raises StaleState if it is decided."""
    closing = Closing(reasoning, source, attention)
    return _close(case, ReviewAction.REQUEST_CHANGES, closing, by)


@transaction.atomic
def _close(case: Case, action: ReviewAction, closing: Closing, by: User) -> Review:
    checked_text(closing.reasoning, "reasoning")
    blind = blind_share.is_made_blind(case, closing.source)
    status_before = case.status
    if action == ReviewAction.REJECT:
        case.move(
            CaseStatus.REJECTED, judged=blind_share.how_judged(case, closing.source)
        )
    else:  # sent back, the case is still to be decided
        case.move(CaseStatus.CHANGES_REQUESTED)
    review = Review.objects.create(
        case=case,
        action=action,
        reasoning=closing.reasoning,
        source=closing.source,
        blind=blind,
        status_before=status_before,
        content_sha256=case.content_sha256,
        by=by,
        **measured_columns(closing.attention, case, closing.source, blind=blind),
    )
    AuditEvent.objects.record(
        f"case.{case.status}",
        actor=by,
        subject=case,
        records=[case, review],
        source=closing.source,
        reading=reading_for_event(review),
    )
    return review


@transaction.atomic
def withdraw_approval(
    case: Case,
    *,
    by: User,
    reasoning: str = "",
    source: ReviewSource = ReviewSource.API,
) -> Review:
    """Take an approval back: its sample leaves the open version, the case waits again.

    Sealed versions stay as they are. Raises NotAllowedNow unless it is approved.
    """
    checked_text(reasoning, "reasoning")
    if case.status != CaseStatus.APPROVED:
        raise NotAllowedNow(
            _("Case %(case)s is not approved; there is nothing to withdraw.")
            % {"case": case}
        )
    case.take_back(CaseStatus.AWAITING_REVIEW, decision="")
    review = Review.objects.create(
        case=case,
        action=ReviewAction.WITHDRAW,
        reasoning=reasoning,
        source=source,
        content_sha256=case.content_sha256,
        by=by,
    )
    samples = list(case.samples.filter(withdrawn_at=None))
    for sample in samples:
        # It leaves the version that is open now; one that entered none leaves none.
        leaves_in = open_version(by=by)[0].number if sample.in_from_id else None
        Sample.objects.filter(pk=sample.pk, withdrawn_at=None).update(
            withdrawn_at=DatabaseNow(), in_until=leaves_in
        )
        sample.refresh_from_db(fields=["withdrawn_at", "in_from", "in_until"])
    AuditEvent.objects.record(
        "case.withdrawn",
        actor=by,
        subject=case,
        records=[case, review, *samples, *map(SamplePlace.of, samples)],
        reasoning=reasoning,
        source=source,
    )
    return review

"""What the gate says of an approval: the policy's limits, and what is there already.

Writes nothing. ``judge`` takes a lock that ends with the transaction, so it belongs
into the one that makes the sample.
"""

from dataclasses import dataclass, replace
from hashlib import sha256

from django.db import connection
from django.db.models import Count, Q

from training.case_schema import CaseContent
from training.case_text import render_facts
from training.choices import GateStatus, ReviewSource
from training.gate import GateCheck, GateInput, GateLimits, judge_sample, read_texts
from training.models import Case, Sample, TrainingPolicy


@dataclass(frozen=True)
class ReviewedAnswer:
    """What a reviewer wants learnt from a case; ``output`` is the text to learn."""

    decision: str
    output: str
    source: ReviewSource
    confidence: float | None = None


def read(case: Case | CaseContent, answer: ReviewedAnswer) -> GateInput:
    """All that can be said of the texts alone. Call it before any lock is held."""
    sample = GateInput(
        decision=answer.decision,
        input=render_facts(case.facts, case.evidence),
        output=answer.output,
        source=answer.source,
        facts=case.facts,
        evidence=case.evidence,
        confidence=answer.confidence,
    )
    return replace(sample, findings=read_texts(sample))


def judge(
    case: Case, sample: GateInput, policy: TrainingPolicy
) -> tuple[GateStatus, list[GateCheck]]:
    """The gate's verdict on what ``read`` read of this case, as it stands now.

    Call it in the transaction that makes the sample. Approvals of the same facts wait
    for each other until that transaction ends, so of two contradictory ones at the same
    moment the second sees the first. Whoever changes the case's status matches the
    content that was read, so nothing is judged on other facts.
    """
    others, same = _already_learnt(case, sample)
    whole = replace(sample, contradictions=others, duplicates=same)
    return judge_sample(whole, _limits(policy))


def _limits(policy: TrainingPolicy) -> GateLimits:
    return GateLimits(
        min_confidence=policy.min_confidence,
        min_evidence=policy.min_evidence,
        min_evidence_by_source=policy.min_evidence_by_source,
        min_numbers_found=policy.min_numbers_found,
        max_output_chars=policy.max_output_chars,
        max_contradictions=policy.max_contradictions,
        max_duplicates=policy.max_duplicates,
    )


def _already_learnt(case: Case, sample: GateInput) -> tuple[int | None, int | None]:
    """Live candidates with these facts: with another decision, and with this one.

    Imported decisions of the past are what they were; nobody looks.
    """
    if sample.source == ReviewSource.REPLAY:
        return None, None
    _wait_for_the_same_facts(case.facts_sha256)
    # The words of the index sample_same_facts, so that no database scans the table.
    live = Sample.objects.filter(
        facts_sha256=case.facts_sha256,
        withdrawn_at=None,
        gate_status=GateStatus.CANDIDATE,
    )
    same = Q(decision=sample.decision)
    counts = live.aggregate(
        others=Count("decision", filter=~same), same=Count("decision", filter=same)
    )
    return counts["others"], counts["same"]


def _wait_for_the_same_facts(facts_sha256: str) -> None:
    """Hold a lock on these facts until the transaction ends. SQLite has one writer."""
    if connection.vendor != "postgresql":
        return
    digest = sha256(f"same facts:{facts_sha256}".encode()).digest()
    key = int.from_bytes(digest[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])

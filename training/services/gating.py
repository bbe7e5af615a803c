"""What the gate says of an approval: the policy's limits, and what is there already."""

from dataclasses import dataclass
from hashlib import sha256

from django.db import connection
from django.db.models import Count, Q

from training.choices import GateStatus, ReviewSource
from training.gate import Check, GateInput, GateLimits, judge_sample
from training.models import Case, Sample, TrainingPolicy
from training.rendering import render_facts


@dataclass(frozen=True)
class Claim:
    """What a reviewer wants learnt from a case; ``output`` is the text to learn."""

    decision: str
    output: str
    source: ReviewSource
    confidence: float | None = None
    confirms: bool = False


def judge(
    case: Case, claim: Claim, policy: TrainingPolicy
) -> tuple[GateStatus, list[Check]]:
    """The gate's verdict on a claim. Call it in the transaction that makes the sample.

    Approvals of the same facts wait for each other until that transaction ends, so of
    two contradictory ones at the same moment the second sees the first.
    """
    others, same = _already_learnt(case, claim)
    return judge_sample(
        GateInput(
            decision=claim.decision,
            input=render_facts(case.facts, case.evidence),
            output=claim.output,
            source=claim.source,
            facts=case.facts,
            evidence=case.evidence,
            confidence=claim.confidence,
            contradictions=others,
            duplicates=same,
            confirmed_by_second_reviewer=claim.confirms,
        ),
        _limits(policy),
    )


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


def _already_learnt(case: Case, claim: Claim) -> tuple[int | None, int | None]:
    """Live candidates with these facts: with another decision, and with this one.

    Imported decisions of the past are what they were; nobody looks.
    """
    if claim.source == ReviewSource.REPLAY:
        return None, None
    _wait_for_the_same_facts(case.facts_sha256)
    # The words of the index sample_same_facts, so that no database scans the table.
    live = Sample.objects.filter(
        facts_sha256=case.facts_sha256,
        withdrawn_at=None,
        gate_status=GateStatus.CANDIDATE,
    )
    same = Q(decision=claim.decision)
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

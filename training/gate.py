"""The quality gate for samples: pure functions, no database.

A measure that is absent (no confidence given, no evidence expected) passes as not
applicable: its check carries ``value`` None.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from training.choices import GateStatus


@dataclass(frozen=True)
class GateLimits:
    """The thresholds, as the policy row holds them."""

    min_confidence: float
    min_evidence: int
    max_output_chars: int


@dataclass(frozen=True)
class GateInput:
    """What the gate looks at in one approving review."""

    output: str
    confidence: float | None
    evidence_count: int
    confirmed_by_second_reviewer: bool


@dataclass(frozen=True)
class Check:
    """One measure beside its limit; ``if_not_ok`` is the verdict when it fails."""

    check: str
    value: Any
    limit: Any
    ok: bool
    if_not_ok: GateStatus = GateStatus.REJECTED

    def as_json(self) -> dict[str, Any]:
        shown = asdict(self)
        del shown["if_not_ok"]
        return shown


def check_confidence(sample: GateInput, limits: GateLimits) -> Check:
    """An unsure reviewer's decision waits for a second one; it is not thrown away."""
    sure = sample.confidence is None or sample.confidence >= limits.min_confidence
    return Check(
        "confidence",
        sample.confidence,
        limits.min_confidence,
        sure or sample.confirmed_by_second_reviewer,
        if_not_ok=GateStatus.NEEDS_REVIEW,
    )


def check_evidence(sample: GateInput, limits: GateLimits) -> Check:
    expected = limits.min_evidence > 0
    return Check(
        "evidence_count",
        sample.evidence_count if expected else None,
        limits.min_evidence,
        sample.evidence_count >= limits.min_evidence,
    )


def check_length(sample: GateInput, limits: GateLimits) -> Check:
    """A bare decision label is long enough."""
    length = len(sample.output)
    return Check(
        "output_length",
        length,
        limits.max_output_chars,
        0 < length <= limits.max_output_chars,
    )


CHECKS: tuple[Callable[[GateInput, GateLimits], Check], ...] = (
    check_confidence,
    check_evidence,
    check_length,
)


def judge_sample(
    sample: GateInput, limits: GateLimits
) -> tuple[GateStatus, list[Check]]:
    """The verdict and every check behind it. A rejection outweighs a second look."""
    checks = [check(sample, limits) for check in CHECKS]
    failed = {check.if_not_ok for check in checks if not check.ok}
    for verdict in (GateStatus.REJECTED, GateStatus.NEEDS_REVIEW):
        if verdict in failed:
            return verdict, checks
    return GateStatus.CANDIDATE, checks

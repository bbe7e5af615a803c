"""The checks of the gate, one function each, and the verdict.

A measure that is absent (no confidence given, no evidence expected, no number in the
answer, an imported decision that nobody compares) passes as not applicable: its check
carries ``value`` None.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from training.choices import GateStatus
from training.gate.forbidden_content import find_forbidden
from training.gate.limits import GateLimits
from training.gate.numbers import share_found


@dataclass(frozen=True)
class Findings:
    """What ``read_texts`` finds in the texts of a sample; reading them is the slow
    part of the gate."""

    numbers_found: float | None
    forbidden: list[str]


@dataclass(frozen=True)
class GateInput:
    """What the gate looks at in one approving review.

    ``input`` and ``output`` are the texts a trainer reads. ``contradictions`` and
    ``duplicates`` count live candidates with the same facts and another, or the same,
    decision; None where they were not counted. ``findings`` are those of the same
    texts, where they were read before a lock was taken that others wait for.
    """

    decision: str
    input: str
    output: str
    source: str
    facts: Sequence[Mapping[str, Any]] = ()
    evidence: Sequence[Mapping[str, Any]] = ()
    confidence: float | None = None
    contradictions: int | None = None
    duplicates: int | None = None
    confirmed_by_second_reviewer: bool = False
    findings: Findings | None = None


@dataclass(frozen=True)
class GateCheck:
    """One measure with its limit; ``if_not_ok`` is the verdict when it fails."""

    check: str
    value: Any
    limit: Any
    ok: bool
    if_not_ok: GateStatus = GateStatus.REJECTED

    def as_json(self) -> dict[str, Any]:
        fields = asdict(self)
        del fields["if_not_ok"]
        return fields


def read_texts(sample: GateInput) -> Findings:
    """Read the texts, in time linear in their length and without the database."""
    share = share_found(sample.output, sample.decision, sample.facts, sample.evidence)
    # Sources of facts are no part of the text to learn from, but exported with it.
    sources = {fact["source"] for fact in sample.facts if fact.get("source")}
    text = "\n".join([sample.input, *sources, sample.output])
    return Findings(share, find_forbidden(text))


def check_confidence(sample: GateInput, limits: GateLimits) -> GateCheck:
    """A decision that its reviewer was unsure of goes to a second reviewer: dropping
    such cases would teach only the easy ones."""
    sure = sample.confidence is None or sample.confidence >= limits.min_confidence
    return GateCheck(
        "confidence",
        sample.confidence,
        limits.min_confidence,
        sure or sample.confirmed_by_second_reviewer,
        if_not_ok=GateStatus.NEEDS_REVIEW,
    )


def check_evidence(sample: GateInput, limits: GateLimits) -> GateCheck:
    """Each way of review may ask for another number of pieces."""
    needed, pieces = limits.evidence_for(sample.source), len(sample.evidence)
    return GateCheck(
        "evidence_count", pieces if needed else None, needed, pieces >= needed
    )


def check_numbers(sample: GateInput, limits: GateLimits) -> GateCheck:
    """An answer whose numbers come from nowhere would teach making them up."""
    share = _findings(sample).numbers_found
    return GateCheck(
        "numbers_found",
        None if share is None else round(share, 4),
        limits.min_numbers_found,
        share is None or share >= limits.min_numbers_found,
    )


def check_contradictions(sample: GateInput, limits: GateLimits) -> GateCheck:
    """Of two decisions on the same facts one is wrong, or a fact is missing; a second
    reviewer finds out which."""
    few = _within(sample.contradictions, limits.max_contradictions)
    return GateCheck(
        "contradictions",
        sample.contradictions,
        limits.max_contradictions,
        few or sample.confirmed_by_second_reviewer,
        if_not_ok=GateStatus.NEEDS_REVIEW,
    )


def check_duplicates(sample: GateInput, limits: GateLimits) -> GateCheck:
    """Equal decisions on equal facts weigh more together, which may be wanted."""
    return GateCheck(
        "duplicates",
        sample.duplicates,
        limits.max_duplicates,
        _within(sample.duplicates, limits.max_duplicates),
    )


def check_length(sample: GateInput, limits: GateLimits) -> GateCheck:
    """A bare decision label is long enough."""
    length = len(sample.output)
    return GateCheck(
        "output_length",
        length,
        limits.max_output_chars,
        0 < length <= limits.max_output_chars,
    )


def check_forbidden_content(sample: GateInput, limits: GateLimits) -> GateCheck:
    """The value names the kinds of content, never the content itself. No second
    reviewer can make it fit to learn from."""
    kinds = _findings(sample).forbidden
    return GateCheck("forbidden_content", kinds, [], not kinds)


def _findings(sample: GateInput) -> Findings:
    return sample.findings or read_texts(sample)


def _within(count: int | None, most: int | None) -> bool:
    return count is None or most is None or count <= most


CHECKS: tuple[Callable[[GateInput, GateLimits], GateCheck], ...] = (
    check_confidence,
    check_evidence,
    check_numbers,
    check_contradictions,
    check_duplicates,
    check_length,
    check_forbidden_content,
)


def judge_sample(
    sample: GateInput, limits: GateLimits
) -> tuple[GateStatus, list[GateCheck]]:
    """The verdict and every check behind it; a rejection outweighs a second review."""
    sample = replace(sample, findings=_findings(sample))
    checks = [check(sample, limits) for check in CHECKS]
    failed = {check.if_not_ok for check in checks if not check.ok}
    for verdict in (GateStatus.REJECTED, GateStatus.NEEDS_REVIEW):
        if verdict in failed:
            return verdict, checks
    return GateStatus.CANDIDATE, checks

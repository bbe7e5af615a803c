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
    """What the texts alone say, which takes the longest: see ``read_texts``."""

    numbers_found: float | None
    forbidden: list[str]


@dataclass(frozen=True)
class GateInput:
    """What the gate looks at in one approving review.

    ``input`` and ``output`` are the texts a trainer reads. ``contradictions`` and
    ``duplicates`` count live candidates with the same facts and another, or the same,
    decision; None where nobody looked. ``findings`` of the same texts, if they were
    read before, so that nobody waits for it while a lock is held.
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


def read_texts(sample: GateInput) -> Findings:
    """Read the texts, in time that grows with their length; no database is asked."""
    share = share_found(sample.output, sample.decision, sample.facts, sample.evidence)
    text = f"{sample.input}\n{_sources(sample)}\n{sample.output}"
    return Findings(share, find_forbidden(text))


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
    """Each way of review may ask for another number of pieces."""
    needed, given = limits.evidence_for(sample.source), len(sample.evidence)
    return Check("evidence_count", given if needed else None, needed, given >= needed)


def check_numbers(sample: GateInput, limits: GateLimits) -> Check:
    """An answer whose numbers come from nowhere would teach making them up."""
    share = _findings(sample).numbers_found
    return Check(
        "numbers_found",
        None if share is None else round(share, 4),
        limits.min_numbers_found,
        share is None or share >= limits.min_numbers_found,
    )


def check_contradictions(sample: GateInput, limits: GateLimits) -> Check:
    """One of the two decisions is wrong, or a fact is missing: a second look."""
    few = _within(sample.contradictions, limits.max_contradictions)
    return Check(
        "contradictions",
        sample.contradictions,
        limits.max_contradictions,
        few or sample.confirmed_by_second_reviewer,
        if_not_ok=GateStatus.NEEDS_REVIEW,
    )


def check_duplicates(sample: GateInput, limits: GateLimits) -> Check:
    """Equal decisions on equal facts weigh more together, which may be wanted."""
    return Check(
        "duplicates",
        sample.duplicates,
        limits.max_duplicates,
        _within(sample.duplicates, limits.max_duplicates),
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


def check_forbidden_content(sample: GateInput, limits: GateLimits) -> Check:
    """The kinds found, and never what was found. No second look makes them fit."""
    kinds = _findings(sample).forbidden
    return Check("forbidden_content", kinds, [], not kinds)


def _findings(sample: GateInput) -> Findings:
    return sample.findings or read_texts(sample)


def _within(count: int | None, most: int | None) -> bool:
    return count is None or most is None or count <= most


def _sources(sample: GateInput) -> str:
    """Where facts come from is no text to learn from, but it is exported with them."""
    return "\n".join({fact["source"] for fact in sample.facts if fact.get("source")})


CHECKS: tuple[Callable[[GateInput, GateLimits], Check], ...] = (
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
) -> tuple[GateStatus, list[Check]]:
    """The verdict and every check behind it. A rejection outweighs a second look."""
    read = replace(sample, findings=_findings(sample))
    checks = [check(read, limits) for check in CHECKS]
    failed = {check.if_not_ok for check in checks if not check.ok}
    for verdict in (GateStatus.REJECTED, GateStatus.NEEDS_REVIEW):
        if verdict in failed:
            return verdict, checks
    return GateStatus.CANDIDATE, checks

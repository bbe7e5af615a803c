"""The quality gate for samples: pure functions, no database."""

from training.gate.checks import (
    Findings,
    GateCheck,
    GateInput,
    judge_sample,
    read_texts,
)
from training.gate.limits import GateLimits, validate_min_evidence_by_source

__all__ = [
    "Findings",
    "GateCheck",
    "GateInput",
    "GateLimits",
    "judge_sample",
    "read_texts",
    "validate_min_evidence_by_source",
]

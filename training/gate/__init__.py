"""The quality gate for samples: pure functions, no database."""

from training.gate.checks import Check, GateInput, judge_sample
from training.gate.limits import GateLimits, validate_min_evidence_by_source

__all__ = [
    "Check",
    "GateInput",
    "GateLimits",
    "judge_sample",
    "validate_min_evidence_by_source",
]

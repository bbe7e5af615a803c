"""A case as text, for trainers that read text: the same words every time."""

from collections.abc import Mapping, Sequence
from typing import Any

INSTRUCTION = "Decide this case from its facts. Answer with the decision first."


def render_facts(
    facts: Sequence[Mapping[str, Any]], evidence: Sequence[Mapping[str, Any]] = ()
) -> str:
    """One line a fact: ``name (period): value unit``; then the evidence.

    The title stays out: it names a person or a file number, which is not to be learnt.
    """
    lines = []
    for fact in facts:
        period = f" ({fact['period']})" if fact.get("period") else ""
        unit = f" {fact['unit']}" if fact.get("unit") else ""
        lines.append(f"{fact['name']}{period}: {_shown(fact['value'])}{unit}")
    for piece in evidence:
        if piece.get("snippet"):
            lines.append(f"[{piece['id']}] {piece['snippet']}")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def render_output(decision: str, rationale: str) -> str:
    """The decision on a line of its own, then the reason if one was given."""
    return f"{decision}\n{rationale}" if rationale else decision

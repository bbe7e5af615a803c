"""A case as text, for trainers that read text; equal cases give equal texts."""

from collections.abc import Mapping, Sequence
from typing import Any

INSTRUCTION = "Decide this case from its facts. Answer with the decision first."


def render_facts(
    facts: Sequence[Mapping[str, Any]], evidence: Sequence[Mapping[str, Any]] = ()
) -> str:
    """One line a fact: ``name (period): value unit``; then the evidence.

    The title is left out: it is the name of a person or a file number, and no model
    should learn those.
    """
    lines = []
    for fact in facts:
        period = f" ({fact['period']})" if fact.get("period") else ""
        unit = f" {fact['unit']}" if fact.get("unit") else ""
        value = fact["value"]
        if value is None:
            value = "unknown"
        elif isinstance(value, bool):
            value = "yes" if value else "no"
        lines.append(f"{fact['name']}{period}: {value}{unit}")
    for piece in evidence:
        if piece.get("snippet"):
            lines.append(f"[{piece['id']}] {piece['snippet']}")
    return "\n".join(lines)


def render_output(decision: str, rationale: str) -> str:
    """The decision on a line of its own, then the reason if one was given."""
    return f"{decision}\n{rationale}" if rationale else decision

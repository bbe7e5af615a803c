"""Reading the training rows: one JSON object per line, one case per object."""

import json
from dataclasses import dataclass
from pathlib import Path

from training.features import Value, feature_name, read_facts
from training.trainers.contract import DataError

MOST_DECISIONS = 100


@dataclass(frozen=True)
class TrainingCase:
    """One case: its usable facts by feature name, and what was decided."""

    values: dict[str, Value]
    units: dict[str, str]
    decision: str


def read_rows(path: Path) -> list[TrainingCase]:
    """Every case in the file. Raises DataError naming the first line it cannot read."""
    try:
        with path.open(encoding="utf-8") as lines:
            return [
                _row(line, f"Line {number} of {path.name}")
                for number, line in enumerate(lines, start=1)
                if line.strip()
            ]
    except FileNotFoundError:
        raise DataError(f"The file {path.name} is missing.") from None
    except UnicodeDecodeError:
        raise DataError(f"The file {path.name} is not UTF-8 text.") from None


def _row(line: str, where: str) -> TrainingCase:
    try:
        case = json.loads(line)
    except (ValueError, RecursionError):
        raise DataError(f"{where} is not readable JSON.") from None
    if not isinstance(case, dict):
        raise DataError(f"{where} is not a case: a JSON object is expected.")
    decision, facts = case.get("decision"), case.get("facts", [])
    if not isinstance(decision, str) or not decision.strip():
        raise DataError(f"{where} carries no decision.")
    are_facts = isinstance(facts, list) and all(
        isinstance(fact, dict) and isinstance(fact.get("name"), str) for fact in facts
    )
    if not are_facts:
        raise DataError(f"{where} carries facts that are not a list of named values.")
    values, _ = read_facts(facts)
    units = {
        feature_name(f): f["unit"] for f in facts if isinstance(f.get("unit"), str)
    }
    return TrainingCase(values, units, decision)


def check_learnable(rows: list[TrainingCase]) -> tuple[str, ...]:
    """The decisions, sorted. Raises DataError where nothing can be learnt."""
    if not rows:
        raise DataError("There are no training cases: the training file is empty.")
    decisions = tuple(sorted({row.decision for row in rows}))
    if len(decisions) == 1:
        count = (
            f"All {len(rows)} cases carry" if len(rows) > 1 else "The one case carries"
        )
        raise DataError(
            f"{count} the decision '{decisions[0]}'. "
            "A model needs at least two different decisions to learn from."
        )
    if len(decisions) > MOST_DECISIONS:
        raise DataError(
            f"The cases carry {len(decisions)} different decisions; at most "
            f"{MOST_DECISIONS} can be learnt. Use short labels, not sentences."
        )
    if not any(row.values for row in rows):
        raise DataError(
            "No case carries a fact with a value, so nothing can be learnt."
        )
    return decisions

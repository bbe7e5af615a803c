"""One rule of a decision that the system takes by itself, and how it is told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class RuleResult:
    """One rule: its value now, its limit, and when it may hold next, if that is known.

    ``value`` and ``limit`` are JSON values; a rule that does not apply has the limit
    None and holds.
    """

    rule: str
    value: Any
    limit: Any
    ok: bool
    next_possible: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        moment = None if self.ok else self.next_possible
        return {
            "rule": self.rule,
            "value": self.value,
            "limit": self.limit,
            "ok": self.ok,
            "next_possible": moment.isoformat() if moment else None,
        }


def earliest_chance(failing: Sequence[datetime | None]) -> datetime | None:
    """When all rules may hold at the earliest: the latest moment of the failing ones.

    None where nothing fails, and where one of them cannot say when it may hold.
    """
    known = [moment for moment in failing if moment is not None]
    return max(known) if known and len(known) == len(failing) else None


def all_hold(rules: Iterable[RuleResult]) -> bool:
    return all(rule.ok for rule in rules)

"""One setup check and its answer, in words for people who do not write code."""

from dataclasses import dataclass

BLOCKER, WARNING, INFO = "blocker", "warning", "info"


@dataclass(frozen=True)
class Check:
    """``severity`` says how bad it is when not ``ok``; ``fix`` is empty when it is."""

    key: str
    ok: bool
    severity: str
    message: str
    fix: str = ""

    @property
    def blocks(self) -> bool:
        """Nothing should go on before this is fixed."""
        return not self.ok and self.severity == BLOCKER


@dataclass(frozen=True)
class Finding:
    """What a check found; a check without ``fix`` is fine."""

    message: str
    fix: str = ""
    severity: str = ""  # where it differs from what the check usually means

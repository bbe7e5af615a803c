"""The thresholds of the gate, as the policy row holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from training.choices import ReviewSource
from training.errors import InvalidInput

LARGEST = 200  # a case holds no more evidence


@dataclass(frozen=True)
class GateLimits:
    """The thresholds; None means any number."""

    min_confidence: float = 0.70
    min_evidence: int = 0
    min_evidence_by_source: Mapping[str, int] = field(default_factory=dict)
    min_numbers_found: float = 0.60
    max_output_chars: int = 8000
    max_contradictions: int | None = 0
    max_duplicates: int | None = None

    def evidence_for(self, source: str) -> int:
        """Pieces of evidence needed for this way of review; 0 for none."""
        return self.min_evidence_by_source.get(source, self.min_evidence)


def validate_min_evidence_by_source(value: Any) -> None:
    """Raises InvalidInput with one sentence unless it is ways of review and numbers."""
    if not isinstance(value, Mapping):
        raise InvalidInput(
            _("State ways of review and numbers, for example %(example)s.")
            % {"example": '{"page": 1}'}
        )
    for way, number in value.items():
        if way not in ReviewSource.values:
            raise InvalidInput(
                _("%(way)s is no way of review; there are %(known)s.")
                % {"way": str(way)[:40], "known": ", ".join(ReviewSource.values)}
            )
        is_whole = isinstance(number, int) and not isinstance(number, bool)
        if not is_whole or not 0 <= number <= LARGEST:
            raise InvalidInput(
                _("The evidence needed for %(way)s must be from 0 to %(most)d.")
                % {"way": way, "most": LARGEST}
            )

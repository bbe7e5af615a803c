"""What a case says: one strict reading of it, whichever door it came through."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from preciso import limits
from training.canonical import canonical_json, sha256_json
from training.errors import InvalidInput, TooLarge
from training.values import (
    Json,
    as_whole,
    bounded,
    checked_text,
    label,
    probability,
    text,
)


def _as_written(value: Any) -> Any:
    """A whole number as an int: JSON may write it either way, and a CSV does."""
    whole = isinstance(value, float) and value.is_integer()
    return int(value) if whole else value


@dataclass(frozen=True)
class Recommendation:
    """What an AI proposed for a case; ``confidence`` is a probability or absent."""

    decision: str
    rationale: str = ""
    confidence: float | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "decision": self.decision,
            "rationale": self.rationale,
            "confidence": self.confidence,
        }


@dataclass(frozen=True)
class CaseContent:
    """A case as it was given, checked: nothing in it depends on the database."""

    external_id: str
    title: str
    facts: list[dict[str, Any]]
    protected: dict[str, Any] = field(default_factory=dict)
    evidence: list[dict[str, Any]] = field(default_factory=list)
    recommendation: Recommendation | None = None

    @property
    def sha256(self) -> str:
        """Equal for two postings that say the same."""
        given = self.recommendation
        return sha256_json(
            [
                self.external_id,
                self.title,
                self.facts,
                self.protected,
                self.evidence,
                given.as_json() if given else None,
            ]
        )

    @property
    def facts_sha256(self) -> str:
        """Equal for two cases with the same facts: whatever order, 1 or 1.0."""
        return sha256_json(
            sorted(
                (
                    [f["name"], f["period"] or "", _as_written(f["value"]), f["unit"]]
                    for f in self.facts
                ),
                key=lambda fact: (fact[0], fact[1]),
            )
        )


def parse_case(data: Any) -> CaseContent:
    """Read a case as the API posts it.

    Raises InvalidInput naming the field, TooLarge.
    """
    if not isinstance(data, Mapping):
        raise InvalidInput(_("A case is a JSON object."))
    external_id = label(data, "external_id", required=True)
    facts, moved = _split_protected(parse_facts(data.get("facts")))
    content = CaseContent(
        external_id=external_id,
        title=text(data, "title", limit=limits.TITLE) or external_id,
        facts=facts,
        protected=_protected(data.get("protected"), moved),
        evidence=_evidence(data.get("evidence")),
        recommendation=_recommendation(data.get("recommendation")),
    )
    _require_small([content.facts, content.protected, content.evidence])
    return content


def _require_small(parts: list[Any]) -> None:
    if len(canonical_json(parts).encode()) > limits.CASE:
        raise TooLarge(
            _("The case is larger than %(limit)d bytes.") % {"limit": limits.CASE}
        )


def parse_facts(given: Any) -> list[dict[str, Any]]:
    """Facts with ``name`` and ``value``, at least one. Raises InvalidInput."""
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise InvalidInput(_("facts must be a list of at least one fact."))
    if len(given) > limits.FACTS:
        raise InvalidInput(_("More than %(n)d facts.") % {"n": limits.FACTS})
    facts = [_fact(fact, place) for place, fact in enumerate(given, start=1)]
    seen: set[tuple[str, str]] = set()
    for fact in facts:
        key = (fact["name"], fact["period"] or "")
        if key in seen:
            raise InvalidInput(
                _("The fact %(name)s is given twice.") % {"name": fact["name"]}
            )
        seen.add(key)
    return facts


def _fact(given: Any, place: int) -> dict[str, Any]:
    where = f"facts[{place}]"
    if not isinstance(given, Mapping):
        raise InvalidInput(
            _("%(where)s must be an object with name and value.") % {"where": where}
        )
    name = label(given, "name", required=True)
    if "value" not in given:
        raise InvalidInput(_("The fact %(name)s has no value.") % {"name": name})
    period = label(given, "period")
    return {
        "name": name,
        "value": _value(given["value"], name),
        "unit": label(given, "unit") or None,
        "period": period or None,
        "source": text(given, "source", limit=limits.LABEL) or None,
    }


def _value(value: Any, name: str, *, limit: int = limits.TEXT) -> Any:
    if isinstance(value, str):
        return checked_text(value, name, limit)
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidInput(
            _("The fact %(name)s is not a finite number.") % {"name": name}
        )
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return bounded(value, name)
    raise InvalidInput(
        _("The fact %(name)s must be a number, a text, true or false.") % {"name": name}
    )


def unprotected(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The facts without those that the settings name as protected."""
    names = {name.casefold() for name in settings.PROTECTED_ATTRIBUTES}
    return [fact for fact in facts if fact["name"].casefold() not in names]


def _split_protected(
    facts: list[dict[str, Any]],
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Facts to learn from, and the protected ones by name."""
    kept = unprotected(facts)
    names = {fact["name"] for fact in kept}
    moved = {f["name"]: f["value"] for f in facts if f["name"] not in names}
    if not kept:
        raise InvalidInput(_("All facts of this case are protected attributes."))
    return kept, moved


def _protected(given: Any, moved: Json) -> dict[str, Any]:
    """What is stated, with the facts that the settings name as protected."""
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        raise InvalidInput(_("protected must be an object of names and values."))
    together = {**given, **moved}
    if len(together) > limits.PROTECTED:
        raise InvalidInput(
            _("protected holds more than %(n)d attributes.") % {"n": limits.PROTECTED}
        )
    return {
        checked_text(name, "protected", limits.LABEL): _value(
            value, name, limit=limits.PROTECTED_VALUE
        )
        for name, value in together.items()
    }


def _evidence(given: Any) -> list[dict[str, Any]]:
    if given is None:
        return []
    if not isinstance(given, list) or len(given) > limits.EVIDENCE:
        raise InvalidInput(
            _("evidence must be a list of at most %(n)d pieces.")
            % {"n": limits.EVIDENCE}
        )
    return [_piece(piece, place) for place, piece in enumerate(given, start=1)]


def _piece(given: Any, place: int) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidInput(
            _("evidence[%(place)d] must be an object.") % {"place": place}
        )
    return {
        "id": label(given, "id") or str(place),
        "document": text(given, "document", limit=limits.DOCUMENT),
        "page": _page(given.get("page"), place),
        "snippet": text(given, "snippet"),
    }


def _page(value: Any, place: int) -> int | str | None:
    if value is None:
        return None
    name = f"evidence[{place}].page"
    if isinstance(value, str):
        return checked_text(value, name, limits.LABEL)
    if (number := as_whole(value)) is not None:
        return bounded(number, name, limits.WHOLE)
    raise InvalidInput(
        _("evidence[%(place)d].page must be a number.") % {"place": place}
    )


def _recommendation(given: Any) -> Recommendation | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise InvalidInput(_("recommendation must be an object with a decision."))
    return Recommendation(
        decision=label(given, "decision", required=True),
        rationale=text(given, "rationale"),
        confidence=probability(given, "confidence"),
    )

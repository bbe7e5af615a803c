"""What a case consists of, and the one strict reading of it for API and imports."""

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
    """A case as somebody posted it, checked; the database has no part in it.

    A fact has name, value, unit, period and source; a piece of evidence has id,
    document, page and snippet. ``protected`` maps names of attributes to values.
    """

    external_id: str
    title: str
    facts: list[dict[str, Any]]
    protected: dict[str, Any] = field(default_factory=dict)
    evidence: list[dict[str, Any]] = field(default_factory=list)
    recommendation: Recommendation | None = None

    @property
    def sha256(self) -> str:
        """Hash of the whole content: equal for two postings of the same case."""
        recommendation = self.recommendation
        return sha256_json(
            [
                self.external_id,
                self.title,
                self.facts,
                self.protected,
                self.evidence,
                recommendation.as_json() if recommendation else None,
            ]
        )

    @property
    def facts_sha256(self) -> str:
        """Equal for two cases with the same facts, in whatever order.

        A whole number counts as an int: JSON writes it as 1 or 1.0, a CSV as 1.0.
        """
        rows = []
        for fact in self.facts:
            value = fact["value"]
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            rows.append([fact["name"], fact["period"] or "", value, fact["unit"]])
        return sha256_json(sorted(rows, key=lambda row: (row[0], row[1])))


def parse_case(data: Any) -> CaseContent:
    """Read a case as the API posts it.

    Raises InvalidInput naming the field, TooLarge.
    """
    if not isinstance(data, Mapping):
        raise InvalidInput(_("A case is a JSON object."))
    external_id = label(data, "external_id", required=True)
    all_facts = parse_facts(data.get("facts"))
    facts = unprotected(all_facts)
    if not facts:
        raise InvalidInput(_("All facts of this case are protected attributes."))
    learnt = {fact["name"] for fact in facts}
    protected_facts = {
        fact["name"]: fact["value"] for fact in all_facts if fact["name"] not in learnt
    }
    content = CaseContent(
        external_id=external_id,
        title=text(data, "title", limit=limits.TITLE) or external_id,
        facts=facts,
        protected=_protected(data.get("protected"), protected_facts),
        evidence=_evidence(data.get("evidence")),
        recommendation=_recommendation(data.get("recommendation")),
    )
    parts = [content.facts, content.protected, content.evidence]
    if len(canonical_json(parts).encode()) > limits.CASE:
        raise TooLarge(
            _("The case is larger than %(limit)d bytes.") % {"limit": limits.CASE}
        )
    return content


def parse_facts(data: Any) -> list[dict[str, Any]]:
    """At least one fact, each with name, value, unit, period and source.

    Raises InvalidInput.
    """
    if not isinstance(data, Sequence) or isinstance(data, str) or not data:
        raise InvalidInput(_("facts must be a list of at least one fact."))
    if len(data) > limits.FACTS:
        raise InvalidInput(_("More than %(n)d facts.") % {"n": limits.FACTS})
    facts = [_fact(fact, place) for place, fact in enumerate(data, start=1)]
    names: set[tuple[str, str]] = set()
    for fact in facts:
        key = (fact["name"], fact["period"] or "")
        if key in names:
            raise InvalidInput(
                _("The fact %(name)s is given twice.") % {"name": fact["name"]}
            )
        names.add(key)
    return facts


def _fact(data: Any, place: int) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise InvalidInput(
            _("%(where)s must be an object with name and value.")
            % {"where": f"facts[{place}]"}
        )
    name = label(data, "name", required=True)
    if "value" not in data:
        raise InvalidInput(_("The fact %(name)s has no value.") % {"name": name})
    return {
        "name": name,
        "value": _value(data["value"], name),
        "unit": label(data, "unit") or None,
        "period": label(data, "period") or None,
        "source": text(data, "source", limit=limits.LABEL) or None,
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


def _protected(data: Any, facts: Json) -> dict[str, Any]:
    """The protected attributes of the case, with the facts that the settings name as
    protected."""
    if data is None:
        data = {}
    if not isinstance(data, Mapping):
        raise InvalidInput(_("protected must be an object of names and values."))
    attributes = {**data, **facts}
    if len(attributes) > limits.PROTECTED:
        raise InvalidInput(
            _("protected holds more than %(n)d attributes.") % {"n": limits.PROTECTED}
        )
    return {
        checked_text(name, "protected", limits.LABEL): _value(
            value, name, limit=limits.PROTECTED_VALUE
        )
        for name, value in attributes.items()
    }


def _evidence(data: Any) -> list[dict[str, Any]]:
    if data is None:
        return []
    if not isinstance(data, list) or len(data) > limits.EVIDENCE:
        raise InvalidInput(
            _("evidence must be a list of at most %(n)d pieces.")
            % {"n": limits.EVIDENCE}
        )
    pieces = []
    for place, piece in enumerate(data, start=1):
        if not isinstance(piece, Mapping):
            raise InvalidInput(
                _("evidence[%(place)d] must be an object.") % {"place": place}
            )
        pieces.append(
            {
                "id": label(piece, "id") or str(place),
                "document": text(piece, "document", limit=limits.DOCUMENT),
                "page": _page(piece.get("page"), place),
                "snippet": text(piece, "snippet"),
            }
        )
    return pieces


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


def _recommendation(data: Any) -> Recommendation | None:
    if data is None:
        return None
    if not isinstance(data, Mapping):
        raise InvalidInput(_("recommendation must be an object with a decision."))
    return Recommendation(
        decision=label(data, "decision", required=True),
        rationale=text(data, "rationale"),
        confidence=probability(data, "confidence"),
    )

"""What a correction changed: by name in the audit trail, in full in a table that can
be erased."""

from collections.abc import Mapping
from typing import Any

from training.models import AuditEvent, Case, CaseRevision
from training.models.audit import Actor

MOST_NAMES = 100  # in one event
Content = dict[str, Any]


def content_of(case: Case) -> Content:
    return {
        "title": case.title,
        "facts": case.facts,
        "protected": case.protected,
        "evidence": case.evidence,
        "recommendation": case.recommended_decision,
    }


def keep_revision(before: Content, sha256: str, case: Case, *, by: Actor) -> None:
    """Keep what the case said, and tell the trail which of it changed. Call it inside
    the transaction of the correction, with the case as it is now."""
    revision = CaseRevision.objects.create(
        case=case, by=by, content=before, content_sha256=sha256
    )
    AuditEvent.objects.record(
        "case.corrected",
        actor=by,
        subject=case,
        records=[case],
        revision=revision.pk,
        before_sha256=sha256,
        sha256=case.content_sha256,
        **_changed(before, content_of(case)),
    )


def has_old_content(event: AuditEvent) -> bool:
    """Whether it is of a time when corrections wrote all that a case had said."""
    return event.action == "case.corrected" and "before" in event.detail


def _changed(before: Content, after: Content) -> dict[str, list[str]]:
    """Names alone, of the parts and of the facts and attributes in them."""
    facts = _differing(_by_name(before["facts"]), _by_name(after["facts"]))
    attributes = _differing(before["protected"] or {}, after["protected"] or {})
    return {
        "parts": _differing(before, after),
        "facts": facts[:MOST_NAMES],
        "protected": attributes[:MOST_NAMES],
    }


def _by_name(facts: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """A name may stand there more than once, with other periods."""
    by_name: dict[str, list[Any]] = {}
    for fact in facts:
        by_name.setdefault(fact["name"], []).append(fact)
    return by_name


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    names = {**before, **after}
    return [name for name in names if before.get(name) != after.get(name)]

"""Datasets, cases, what was decided about them, and what Auto made of it."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from benchmarks.pages_data.bulk_rows import Row, pour
from benchmarks.pages_data.history import Past
from benchmarks.parts.samples import RATIONALE
from training.case_text import INSTRUCTION, render_facts, render_output
from training.choices import CaseStatus, DatasetStatus, GateStatus, ReviewAction
from training.models import AutoDecision, Case, DatasetVersion, Review, Sample
from training.services.cases.approvals import is_held_out

SERVES_SHARE = 10  # each so many-th case was recommended by the version serving now
UNDECIDED = {  # for each hundred decided ones
    CaseStatus.AWAITING_REVIEW: 15,
    CaseStatus.NEEDS_REVIEW: 1,
    CaseStatus.CHANGES_REQUESTED: 2,
    CaseStatus.REJECTED: 2,
}
RULES = (
    "switched_on",
    "training_enabled",
    "new_samples",
    "undo_window",
    "cooldown",
    "runs_per_day",
    "minutes_per_day",
    "one_at_a_time",
)


def pour_cases(past: Past) -> None:
    _pour_datasets(past)
    places = range(1, past.decided + 1)
    facts = [json.dumps(content.facts) for content in past.contents]
    texts = [render_facts(content.facts, []) for content in past.contents]
    pour(Case, _cases(past, facts))
    pour(Review, (_review(past, place) for place in places))
    pour(Sample, (_sample(past, place, facts, texts) for place in places))
    pour(AutoDecision, _decisions(past))


def _pour_datasets(past: Past) -> None:
    tallies = {name: Counter[str]() for name in ("decision", "reviewer", "source")}
    held_out = place = 0
    for number in range(1, past.datasets + 1):
        before = place
        while place < past.decided and past.dataset_of(place + 1) <= number:
            place += 1
            tallies["decision"][past.decision(place)] += 1
            tallies["reviewer"][past.reviewer(place).username] += 1
            tallies["source"][past.source(place)] += 1
            held_out += is_held_out(f"S-{place}")
        figures = {"samples": place, "held_out": held_out, "new": place - before}
        parts = {f"by_{name}": dict(tally) for name, tally in tallies.items()}
        _dataset(past, number, {**figures, "withdrawn": 0, **parts})


def _dataset(past: Past, number: int, contents: dict[str, Any]) -> None:
    at = past.moment(number, past.datasets)
    sealed: dict[str, Any] = {}
    if number < past.datasets:
        sealed = {
            "status": DatasetStatus.SEALED,
            "frozen_at": at,
            "sealed_at": at,
            "sealed_by": past.admin,
            "sample_count": contents["samples"],
            "sha256": f"{number:064x}",
            "export_name": f"datasets/{number:06d}.ndjson",
            "counts": contents,
        }
    DatasetVersion.objects.create(
        pk=number, number=number, name=f"Dataset {number}", created_at=at, **sealed
    )


def _cases(past: Past, facts: list[str]) -> Iterator[Row]:
    for place in range(1, past.decided + 1):
        yield _case(past, place, facts, CaseStatus.APPROVED, past.decision(place))
    place = past.decided
    for status, share in UNDECIDED.items():
        for _one in range(past.decided * share // 100):
            place += 1
            yield _case(past, place, facts, status, "")


def _case(past: Past, place: int, facts: list[str], status: str, decision: str) -> Row:
    number = place % len(facts)
    content = past.contents[number]
    at = past.moment(min(place, past.decided), past.decided)
    serves = place % SERVES_SHARE == 0
    return {
        "id": place,
        "external_id": f"S-{place}",
        "title": f"Mortgage application {place}",
        "facts": facts[number],
        "content_sha256": content.sha256,
        "facts_sha256": content.facts_sha256,
        "recommended_decision": past.decision(place + place % 7 // 6),
        "recommended_rationale": RATIONALE,
        "recommended_confidence": 0.5 + place % 50 / 100,
        "recommender_id": past.versions if serves else 1 + place % past.versions,
        "status": status,
        "decision": decision,
        "created_at": at,
        "updated_at": at,
    }


def _review(past: Past, place: int) -> Row:
    return {
        "id": place,
        "case_id": place,
        "action": ReviewAction.APPROVE,
        "decision": past.decision(place),
        "rationale": RATIONALE,
        "confidence": 0.9,
        "source": past.source(place),
        "by_id": past.reviewer(place).pk,
        "at": past.moment(place, past.decided),
    }


def _sample(past: Past, place: int, facts: list[str], texts: list[str]) -> Row:
    number = place % len(facts)
    return {
        "id": place,
        "case_id": place,
        "review_id": place,
        "instruction": INSTRUCTION,
        "input": texts[number],
        "output": render_output(past.decision(place), RATIONALE),
        "facts": facts[number],
        "decision": past.decision(place),
        "facts_sha256": past.contents[number].facts_sha256,
        "held_out": is_held_out(f"S-{place}"),
        "source": past.source(place),
        "reviewer_id": past.reviewer(place).pk,
        "gate_status": GateStatus.CANDIDATE,
        "in_from_id": past.dataset_of(place),
        "created_at": past.moment(place, past.decided),
    }


def _decisions(past: Past) -> Iterator[Row]:
    """One for each approval, each with the rules that Auto looks at."""
    failing = {"value": 20, "limit": 50, "ok": False, "next_possible": None}
    rules = json.dumps([{"rule": name, **failing} for name in RULES])
    for place in range(1, past.decided + 1):
        yield {
            "id": place,
            "at": past.moment(place, past.decided),
            "submitted": False,
            "rules": rules,
            "case_id": place,
            "trigger": "approval",
        }

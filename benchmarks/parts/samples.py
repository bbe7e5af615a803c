"""Samples of real applications, many times over, put into the open version."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction

from mlops.demo.applications import applications
from training.case_schema import CaseContent, parse_case
from training.case_text import INSTRUCTION, render_facts, render_output
from training.choices import CaseStatus, GateStatus, ReviewAction, ReviewSource
from training.models import Case, DatasetVersion, Review, Sample
from training.services.cases.approvals import is_held_out
from training.services.datasets.versions import open_version

PIECE, REVIEWERS = 2000, 8
RATIONALE = "Payments are low for the income, and the credit history is clean."


def fill(samples: int, *, waiting: int) -> None:
    """An open version with so many samples, and cases that wait for an approval."""
    people = [
        User.objects.create_user(f"reviewer{place}") for place in range(REVIEWERS)
    ]
    for each in people:
        each.groups.add(Group.objects.get(name="Reviewer"))
    version, _made = open_version(by=people[0])
    contents = [parse_case(row.as_prediction()) for row in applications()]
    decisions = [row.decision for row in applications()]
    for first in range(0, samples, PIECE):
        places = range(first, min(first + PIECE, samples))
        with transaction.atomic():
            _approved(version, people, contents, decisions, places)
    rows = [row.as_prediction() for row in applications()]
    Case.objects.bulk_create(_waiting(rows[n % len(rows)], n) for n in range(waiting))


def _approved(
    version: DatasetVersion,
    people: list[User],
    contents: list[CaseContent],
    decisions: list[str],
    places: range,
) -> None:
    said = [decisions[place % len(decisions)] for place in places]
    cases = Case.objects.bulk_create(
        Case(
            **_columns(contents[place % len(contents)], f"S-{place}"),
            status=CaseStatus.APPROVED,
            decision=decision,
        )
        for place, decision in zip(places, said, strict=True)
    )
    reviews = Review.objects.bulk_create(
        Review(
            case=case,
            action=ReviewAction.APPROVE,
            decision=case.decision,
            rationale=RATIONALE,
            confidence=0.9,
            source=ReviewSource.PAGE if place % 3 else ReviewSource.BULK,
            by=people[place % len(people)],
        )
        for place, case in zip(places, cases, strict=True)
    )
    Sample.objects.bulk_create(_sample(version, review) for review in reviews)


def _waiting(row: dict[str, Any], number: int) -> Case:
    """With facts of its own: equal ones decided otherwise need a second reviewer."""
    own = {"name": "application", "value": number}
    content = parse_case({**row, "facts": [*row["facts"], own]})
    return Case(**_columns(content, f"W-{number}"))


def _columns(content: CaseContent, external_id: str) -> dict[str, Any]:
    return {
        "external_id": external_id,
        "title": external_id,
        "facts": content.facts,
        "content_sha256": content.sha256,
        "facts_sha256": content.facts_sha256,
    }


def _sample(version: DatasetVersion, review: Review) -> Sample:
    case = review.case
    return Sample(
        case=case,
        review=review,
        instruction=INSTRUCTION,
        input=render_facts(case.facts, case.evidence),
        output=render_output(review.decision, review.rationale),
        facts=case.facts,
        decision=review.decision,
        facts_sha256=case.facts_sha256,
        held_out=is_held_out(case.external_id),
        source=review.source,
        reviewer=review.by,
        gate_status=GateStatus.CANDIDATE,
        gate_checks=[],
        in_from=version,
    )

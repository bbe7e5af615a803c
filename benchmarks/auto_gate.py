"""What one approval pays for the quality gate and for Auto, with many samples present.

    .venv/bin/python -m benchmarks.auto_gate [--samples 100000] [--approvals 300]

On SQLite and on a PostgreSQL of its own, each in a process of its own. The facts are
those of the demo's mortgage decisions, with a rationale that states three numbers;
"shared" approvals have the facts of a thousand samples, "own" ones those of none.
"gate" is everything behind the verdict (policy row, lock, look-up, checks), "Auto"
everything behind the why / why-not card and keeping it; "whole approval" is
`approve_case` with both. Then: the plan of the look-up.
"""

from typing import Any

from benchmarks.parts.demo import facts_of_the_demo
from benchmarks.parts.figures import HEADS, show, timed
from benchmarks.parts.installation import (
    Parser,
    databases,
    installation,
    machine,
    run_inside,
)

ALIKE, BATCH, WARM_UP = 1000, 2000, 20
AIM_MS = 10.0


def main() -> None:
    parser = Parser(__doc__, databases=True)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--approvals", type=int, default=300)
    options = parser.read(samples=100, approvals=1)
    if options.inside:
        inside(options.inside, options.samples, options.approvals)
        return
    print(f"{options.samples:,} samples, {options.approvals} approvals of each kind;")
    print(f"{machine()}; ms\n\n{'':<50}{HEADS}")
    for database in databases(options):
        with installation(database) as values:
            run_inside(values, database)


def inside(name: str, samples: int, approvals: int) -> None:
    import django

    django.setup()
    from django.contrib.auth.models import User

    from training.case_schema import parse_facts

    by = User.objects.create_superuser("reviewer")
    rows = [parse_facts(facts) for facts in facts_of_the_demo()]
    fill(rows, samples, by)
    for kind in ("own", "shared"):
        cases = waiting_cases(kind, rows, approvals + WARM_UP)
        show_all(name, kind, [approve(case, by) for case in cases][WARM_UP:])
    print(f"{name}: {plan()}\n")


def a_case(name: str, facts: list[dict[str, Any]]) -> Any:
    from training.case_schema import CaseContent
    from training.models import Case

    content = CaseContent(external_id=name, title=name, facts=facts)
    return Case(
        external_id=name,
        title=name,
        facts=facts,
        content_sha256=content.sha256,
        facts_sha256=content.facts_sha256,
    )


def own_facts(rows: list[list[dict[str, Any]]], place: int) -> list[dict[str, Any]]:
    return [*rows[place % len(rows)], {**rows[0][0], "name": "number", "value": place}]


def fill(rows: list[list[dict[str, Any]]], samples: int, by: Any) -> None:
    """Approved cases with their samples; a thousand have the same facts."""
    from django.db import connection, transaction

    from training.models import TrainingPolicy
    from training.services.datasets.versions import open_version

    version, _created = open_version(by=by)
    # Collected while Auto was off, and all within their undo window.
    TrainingPolicy.objects.update(auto_enabled=False)
    for start in range(0, samples, BATCH):
        places = range(start, min(start + BATCH, samples))
        cases = [
            a_case(f"S-{n}", rows[0] if n < ALIKE else own_facts(rows, n))
            for n in places
        ]
        with transaction.atomic():
            fill_batch(cases, version, by)
    if connection.vendor == "postgresql":  # as its autovacuum does
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def fill_batch(cases: list[Any], version: Any, by: Any) -> None:
    from training.case_text import render_facts
    from training.choices import CaseStatus, GateStatus, ReviewAction, ReviewSource
    from training.models import Case, Review, Sample

    for case in cases:
        case.status, case.decision = CaseStatus.APPROVED, "no"
    Case.objects.bulk_create(cases)
    reviews = Review.objects.bulk_create(
        Review(
            case=case,
            action=ReviewAction.APPROVE,
            decision="no",
            source=ReviewSource.PAGE,
            by=by,
        )
        for case in cases
    )
    Sample.objects.bulk_create(
        Sample(
            case=case,
            review=review,
            instruction="",
            input=render_facts(case.facts),
            output="no",
            facts=case.facts,
            decision="no",
            facts_sha256=case.facts_sha256,
            held_out=False,
            source=ReviewSource.PAGE,
            reviewer=by,
            gate_status=GateStatus.CANDIDATE,
            in_from=version,
        )
        for case, review in zip(cases, reviews, strict=True)
    )


def waiting_cases(kind: str, rows: list[list[dict[str, Any]]], count: int) -> list[Any]:
    from training.models import Case

    facts = [rows[0] if kind == "shared" else own_facts(rows, -n) for n in range(count)]
    return Case.objects.bulk_create(
        a_case(f"{kind}-{n}", each) for n, each in enumerate(facts)
    )


def approve(case: Any, by: Any) -> dict[str, float]:
    """Milliseconds of the verdict alone, of Auto alone, and of a whole approval."""
    from django.db import transaction

    from training.choices import ReviewSource
    from training.services.cases import gate_verdicts
    from training.services.cases.approvals import ReviewInput, approve_case
    from training.services.policy import auto_decisions, policies

    first = {fact["name"]: fact["value"] for fact in case.facts}
    why = f"Payments take {first['pirat']} of the income, the loan {first['lvrat']}; "
    why += f"unemployment is at {first['unemp']} %."
    answer = gate_verdicts.ReviewedAnswer("no", f"no\n{why}", ReviewSource.API, 0.9)
    with transaction.atomic():
        read = policies.policy_and_time()
        gate = timed(
            lambda: gate_verdicts.judge(
                case, gate_verdicts.read(case, answer), policies.policy()
            )
        )
    asked = timed(lambda: auto_decisions.consider(case, read))
    verdict = ReviewInput("no", why, confidence=0.9)
    whole = timed(lambda: approve_case(case, verdict, by=by))
    return {
        "gate": gate,
        "Auto": asked,
        "gate and Auto": gate + asked,
        "whole approval": whole,
    }


def show_all(name: str, kind: str, measured: list[dict[str, float]]) -> None:
    for what in measured[0]:
        aim = AIM_MS if what == "gate and Auto" else 0
        times = [each[what] for each in measured]
        show(f"{name}, {kind} facts: {what}", times, aim)


def plan() -> str:
    """How the database looks for equal facts."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from training.choices import ReviewSource
    from training.models import Case
    from training.services.cases import gate_verdicts
    from training.services.policy import policies

    answer = gate_verdicts.ReviewedAnswer("no", "no", ReviewSource.API)
    with CaptureQueriesContext(connection) as seen, connection.cursor() as cursor:
        from django.db import transaction

        with transaction.atomic():
            case = Case.objects.get(external_id="shared-0")
            gate_verdicts.judge(
                case, gate_verdicts.read(case, answer), policies.policy()
            )
        look = next(q["sql"] for q in seen if "COUNT" in q["sql"])
        words = "QUERY PLAN" if connection.vendor == "sqlite" else ""
        cursor.execute(f"EXPLAIN {words} {look}")
        lines = [str(row[-1]).strip() for row in cursor.fetchall()]
    return " / ".join(line for line in lines if "sample_same_facts" in line) or str(
        lines
    )


if __name__ == "__main__":
    main()

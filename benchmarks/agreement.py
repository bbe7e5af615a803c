"""What it takes to say how the serving model does, with many decided cases.

    .venv/bin/python -m benchmarks.agreement [--cases 100000] [--rounds 40]

On SQLite and on a PostgreSQL of its own, each in a process of its own. "A year": the
cases came in evenly over a year in which 20 versions served in 300 periods. "A rush":
all of them within the newest 12 periods and 60 days, so that every one is counted for
every page. The facts are those of the demo's mortgage decisions; 1,000 cases are of
the open period. Then: the plan of the count.
"""

import json
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
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

BATCH, VERSIONS, OF_OPEN_PERIOD = 5000, 20, 1000
AIM_MS = 100.0
SCENES = {"a year": (300, 365), "a rush": (12, 60)}  # periods, days


def main() -> None:
    parser = Parser(__doc__, databases=True)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--scenes", nargs="+", choices=SCENES, default=list(SCENES))
    options = parser.read(cases=200, rounds=1, scenes=["a rush"])
    if options.inside:
        inside(*options.inside.split(":"), options.cases, options.rounds)
        return
    print(f"{options.cases:,} decided cases, {options.rounds} rounds;")
    print(f"{machine()}; ms\n\n{'':<50}{HEADS}")
    for scene in options.scenes:
        for database in databases(options):
            with installation(database) as values:
                run_inside(values, f"{database}:{scene}")


def inside(name: str, scene: str, cases: int, rounds: int) -> None:
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.test import Client
    from django.utils import timezone

    from mlops.evaluation import agreement, drift
    from mlops.pages.shared import production

    by = User.objects.create_superuser("ada")
    count, days = SCENES[scene]
    now = timezone.now()
    periods = switches(count, now - timedelta(days=days), now)
    fill(periods, now, cases)
    analyze()
    client = Client(headers={"host": "localhost"})
    client.force_login(by)
    spans = agreement.newest_spans()
    acts: dict[str, Callable[[], Any]] = {
        "the open period": agreement.of_open_period,
        "12 periods and the chart": lambda: agreement.count(
            spans, production._edges(spans)
        ),
        f"{count} periods": lambda: agreement.count(agreement.newest_spans(500)),
        "drift of 1,000 cases, anew": lambda: drift.compare(spans[0].period),
        "GET /mlops/models/": lambda: client.get("/mlops/models/"),
        "GET /mlops/": lambda: client.get("/mlops/"),
        "GET /api/v1/serving/agreement": lambda: client.get(
            "/api/v1/serving/agreement"
        ),
    }
    for what, act in acts.items():
        if rounds > 1:
            act()
        times = [timed(act) for _ in range(rounds)]
        show(f"{name}, {scene}: {what}", times, AIM_MS)
    print(f"{name}, {scene}: {plan(spans)}\n")


def switches(count: int, start: datetime, now: datetime) -> list[Any]:
    """So many periods, evenly spread; the versions take turns."""
    from mlops.models import ModelVersion, ServingPeriod
    from training.models import DatasetVersion, PipelineJob, TrainingRun

    dataset = DatasetVersion.objects.create(number=1)
    versions = []
    for number in range(1, VERSIONS + 1):
        job = PipelineJob.objects.create(kind="train", flow="interactive")
        made = TrainingRun.objects.create(
            job=job, dataset_version=dataset, model_name="loans", trainer="decision"
        )
        versions.append(
            ModelVersion.objects.create(
                name="loans",
                version=number,
                run=made,
                sha256="0" * 64,
                evaluation={"facts": learnt()},
            )
        )
    periods: list[Any] = []
    for place in range(count):
        since = start + (now - start) * place / count
        last = periods[-1] if periods else None
        ServingPeriod.objects.open().update(until=since)
        periods.append(
            ServingPeriod.objects.create(
                model_version=versions[place % VERSIONS],
                since=since,
                kind="select",
                follows=last,
                below=last,
            )
        )
    return periods


def learnt() -> dict[str, Any]:
    from mlops.evaluation import drift
    from training.case_schema import parse_facts

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "train.jsonl")
        rows = [parse_facts(facts) for facts in facts_of_the_demo()]
        file.write_text("".join(json.dumps({"facts": row}) + "\n" for row in rows))
        return drift.reference(file)


def fill(periods: list[Any], now: datetime, count: int) -> None:
    """Cases decided by people, nine of ten as recommended, one of twenty blind."""
    from training.case_schema import parse_facts
    from training.models import Case

    rows = [parse_facts(facts) for facts in facts_of_the_demo()]
    start = periods[0].since
    for begin in range(0, count, BATCH):
        Case.objects.bulk_create(
            a_case(n, rows[n % len(rows)], periods, start + (now - start) * n / count)
            for n in range(begin, min(begin + BATCH, count))
        )
    for n in range(min(count, OF_OPEN_PERIOD)):
        a_case(count + n, rows[n], periods, now).save()


def a_case(
    n: int, facts: list[dict[str, Any]], periods: list[Any], at: datetime
) -> Any:
    from training.models import Case

    spread = (at - periods[0].since) / (periods[-1].since - periods[0].since)
    place = min(int(spread * (len(periods) - 1)), len(periods) - 1)
    blind = n % 20 == 0
    return Case(
        external_id=f"S-{n}",
        title=f"Mortgage application S-{n}",
        facts=facts,
        recommended_decision="yes" if n % 3 else "no",
        recommended_confidence=0.9,
        recommender_id=periods[place].model_version_id,
        recommender={"id": "1", "name": "loans", "version": 1},
        content_sha256="0" * 64,
        facts_sha256=f"{n % 977:064}",
        status="approved",
        decision=("yes" if n % 3 else "no") if n % 10 else "later",
        blind=blind,
        judged="blind" if blind else "seen",
        created_at=at,
    )


def analyze() -> None:
    from django.db import connection

    if connection.vendor == "postgresql":  # as its autovacuum does
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def plan(spans: list[Any]) -> str:
    """How the database counts."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from mlops.evaluation import agreement

    with CaptureQueriesContext(connection) as seen:
        agreement.count(spans)
    with connection.cursor() as cursor:
        words = "QUERY PLAN" if connection.vendor == "sqlite" else ""
        cursor.execute(f"EXPLAIN {words} {seen[-1]['sql']}")
        lines = [str(row[-1]).strip() for row in cursor.fetchall()]
    return " / ".join(line for line in lines if "case_decided_by" in line) or str(lines)


if __name__ == "__main__":
    main()

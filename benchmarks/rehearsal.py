"""What a person waits for who presses "Rehearse first".

    .venv/bin/python -m benchmarks.rehearsal [--reviewed 100000] [--rounds 20]

On SQLite and on a PostgreSQL of its own, each in a process of its own. Two versions
learn from the demo's decisions: the trainer's own choice (a scorecard and 60 trees)
serves, a scorecard alone is the target. Then so many more cases are reviewed by
people, and the newest of these are rehearsed. "cold": the target's files are read,
checked and loaded first. "finding the cases": of that, the query for 200 cases.
"""

import argparse
from collections.abc import Callable
from typing import Any

from benchmarks.parts.figures import HEADS, show, timed
from benchmarks.parts.installation import (
    Parser,
    databases,
    installation,
    machine,
    run_inside,
)


def main() -> None:
    parser = Parser(__doc__, databases=True)
    parser.add_argument("--learnt", type=int, default=2000, help="cases learnt from")
    parser.add_argument("--reviewed", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.read(learnt=150, reviewed=100, rounds=1)
    if options.inside:
        inside(options)
        return
    print(f"{options.reviewed:,} reviewed cases, {options.rounds} rounds;")
    print(f"{machine()}; ms\n\n{'':<50}{HEADS}")
    for database in databases(options):
        with installation(database) as values:
            run_inside(values, database)


def inside(options: argparse.Namespace) -> None:
    import django

    django.setup()
    from benchmarks.parts.trained_models import first_version, second_version
    from mlops.predictor_cache import STORE
    from mlops.serving import rehearsals, selection
    from training.models import Review

    serves, target = first_version(options.learnt), second_version()
    review_more(options.reviewed)
    selection.select_version(serves, by=None)

    def ready() -> None:
        STORE.get(serves.pk)
        STORE.get(target.pk)

    def cold() -> None:
        STORE.clear()
        STORE.get(serves.pk)

    def find() -> None:
        rehearsals._reviewed_cases(Review.objects.by_people(), target, 200)

    asked: dict[str, tuple[Callable[[], None], Callable[[], Any]]] = {
        "200 cases": (ready, lambda: rehearsals.rehearse(target, by=None)),
        "200 cases, cold": (cold, lambda: rehearsals.rehearse(target, by=None)),
        "1,000 cases": (
            ready,
            lambda: rehearsals.rehearse(target, by=None, cases=1000),
        ),
        "finding the cases": (ready, find),
    }
    for kind, (before, act) in asked.items():
        times = [after(before, act) for _ in range(options.rounds + 1)]
        show(f"{options.inside}: {kind}", times[1:])


def review_more(count: int) -> None:
    """These are new to both versions."""
    from django.db import connection

    from benchmarks.parts.samples import fill

    fill(count, waiting=0)
    if connection.vendor == "postgresql":  # as its autovacuum does
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def after(before: Callable[[], None], act: Callable[[], Any]) -> float:
    before()
    return timed(act)


if __name__ == "__main__":
    main()

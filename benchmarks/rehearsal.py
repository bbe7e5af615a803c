"""What a person waits for who presses "Rehearse first".

    .venv/bin/python -m benchmarks.rehearsal [--reviewed 100000] [--rounds 20]

On SQLite and on a PostgreSQL of its own, each in a process of its own. Two versions
learn from the demo's decisions: the trainer's own choice (a scorecard and 60 trees)
serves, a scorecard alone is the target. Then so many more cases are reviewed by
people, and the newest of these are rehearsed. "cold": the target's files are read,
checked and loaded first. "finding the cases": of that, the query for 200 cases.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.installation import ROOT, run_inside

DEMO = ROOT / "training" / "demo" / "hmda.csv"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviewed", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--inside", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        inside(options.inside, options.reviewed, options.rounds)
        return
    os.environ["DJANGO_SETTINGS_MODULE"] = "preciso.settings_test"
    from tests.services import postgres_server

    print(f"{options.reviewed:,} reviewed cases, {options.rounds} rounds;")
    print(f"load {os.getloadavg()[0]:.1f}, processors {os.cpu_count()}; ms\n")
    heads = ("median", "p95", "max")
    print(f"{'':<44}" + "".join(f"{head:>9}" for head in heads))
    with postgres_server() as url:
        for name, address in (("SQLite", ""), ("PostgreSQL", url)):
            run_inside(
                "rehearsal",
                address,
                "--inside",
                name,
                f"--reviewed={options.reviewed}",
                f"--rounds={options.rounds}",
            )


def inside(name: str, reviewed: int, rounds: int) -> None:
    import django

    django.setup()
    from mlops.loading import STORE
    from mlops.services import rehearsing, serving
    from training.models import Review

    serves, target = two_versions(reviewed)
    serving.select_version(serves, by=None)

    def ready() -> None:
        STORE.get(serves.pk)
        STORE.get(target.pk)

    def cold() -> None:
        STORE.clear()
        STORE.get(serves.pk)

    def find() -> None:
        rehearsing._reviewed(Review.objects.by_people(), target, 200)

    asked: dict[str, tuple[Callable[[], None], Callable[[], Any]]] = {
        "200 cases": (ready, lambda: rehearsing.rehearse(target, by=None)),
        "200 cases, cold": (cold, lambda: rehearsing.rehearse(target, by=None)),
        "1,000 cases": (
            ready,
            lambda: rehearsing.rehearse(target, by=None, cases=1000),
        ),
        "finding the cases": (ready, find),
    }
    for kind, (before, act) in asked.items():
        show(f"{name}: {kind}", [timed(before, act) for _ in range(rounds + 1)][1:])


def two_versions(reviewed: int) -> Any:
    """Both learnt from the demo; what was reviewed since is new to them."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.sealing_data import fill
    from mlops.models import ModelVersion
    from training import execution
    from training.models import DatasetVersion
    from training.services import runs

    call_command("migrate", verbosity=0)
    by = User.objects.create_superuser("asker")
    call_command(
        "import_cases",
        DEMO,
        id_column="application_id",
        decision_column="deny",
        protected_column=["afam"],
        replay_as="asker",
        verbosity=0,
    )
    runs.seal_and_train(DatasetVersion.objects.open().get(), by=by)
    execution.work(lambda: False)
    dataset = DatasetVersion.objects.sealed().get()
    runs.submit_run(runs.RunRequest(dataset, training_args={"model": "linear"}), by=by)
    execution.work(lambda: False)
    fill(reviewed, waiting=0)
    if connection.vendor == "postgresql":  # as its autovacuum does
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return ModelVersion.objects.order_by("pk")


def timed(before: Callable[[], None], act: Callable[[], Any]) -> float:
    before()
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def show(what: str, took: list[float]) -> None:
    ordered = sorted(took)
    figures = (
        statistics.median(ordered),
        ordered[round(0.95 * (len(ordered) - 1))],
        ordered[-1],
    )
    print(f"{what:<44}" + "".join(f"{figure:>9.1f}" for figure in figures))


if __name__ == "__main__":
    main()

"""What it costs to try a policy on a year of approvals, before it is saved.

    .venv/bin/python -m benchmarks.simulation [--approvals 100000] [--only sqlite]

On SQLite and on PostgreSQL: so many samples, approved at random times of the last year.
Told are the seconds of one simulation of Auto, and of Auto with a nightly schedule, the
median of five, and how many trainings each would have been.
"""

import argparse
import random
import statistics
import time
from datetime import timedelta

from benchmarks.parts.installation import (
    Parser,
    databases,
    installation,
    machine,
    run_inside,
)

DAYS, SEED = 365, 20261122
POLICIES = {
    "50 samples, 60 min apart": {"min_new_samples": 50, "cooldown_minutes": 60},
    "50 samples, no limits": {
        "min_new_samples": 50,
        "cooldown_minutes": 0,
        "runs_per_day": 1000,
    },
    "and a nightly schedule": {"min_new_samples": 500, "batch_schedule": "0 2 * * *"},
}


def main() -> None:
    parser = Parser(__doc__, databases=True)
    parser.add_argument("--approvals", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.read(approvals=100, rounds=1)
    if options.inside:
        measure(options)
        return
    print(f"{machine()}\n{'':<10} {'policy':<26} {'seconds':>8} {'trainings':>10}")
    for database in databases(options):
        with installation(database) as values:
            run_inside(values, database)
    print(machine())


def measure(options: argparse.Namespace) -> None:
    """In a process of its own, on the database of its environment."""
    import django

    django.setup()
    from benchmarks.parts.samples import fill
    from training.models import TrainingPolicy
    from training.services.policy.simulation import simulate

    fill(options.approvals, waiting=0)
    spread_over_a_year()
    for name, columns in POLICIES.items():
        policy, seconds = TrainingPolicy(**columns), []
        for _round in range(options.rounds):
            began = time.perf_counter()
            found = simulate(policy, days=DAYS)
            seconds.append(time.perf_counter() - began)
        figures = f"{statistics.median(seconds):>8.2f} {len(found.trainings):>10,}"
        print(f"{options.inside:<10} {name:<26} {figures}", flush=True)


def spread_over_a_year() -> None:
    """Other times for the samples, with the rule that forbids it taken down."""
    from django.db import connection, transaction
    from django.utils import timezone

    from training import dbrules
    from training.models import Sample

    chance, now = random.Random(SEED), timezone.now()
    written = connection.ops.adapt_datetimefield_value
    rows = [
        (written(now - timedelta(days=DAYS * chance.random())), sample)
        for sample in Sample.objects.values_list("pk", flat=True)
    ]
    dbrules.take_down(dbrules.TRAINING_RULES)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE training_sample SET created_at = %s WHERE id = %s", rows
        )
    dbrules.put_up(dbrules.TRAINING_RULES)


if __name__ == "__main__":
    main()

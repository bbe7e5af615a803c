"""What it costs to try a policy on a year of approvals, before it is saved.

    .venv/bin/python -m benchmarks.simulation [--approvals 100000] [--only sqlite]

On SQLite and on PostgreSQL: so many samples, approved at random times of the last year.
Told are the seconds of one simulation of Auto, and of Auto with a nightly schedule, the
median of five, and how many trainings each would have been.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.sealing import databases

ROOT = Path(__file__).parent.parent
ROUNDS, DAYS, SEED = 5, 365, 20261122
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--approvals", type=int, default=100_000)
    parser.add_argument("--only", default="", help="sqlite or postgres")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.approvals)
        return
    print(f"load before: {os.getloadavg()[0]:.2f}, processors: {os.cpu_count()}")
    print(f"{'':<10} {'policy':<26} {'seconds':>8} {'trainings':>10}")
    with tempfile.TemporaryDirectory(prefix="preciso-simulate-") as folder:
        for name, environment in databases(Path(folder), options.only):
            with environment as values:
                tell(name, values, options.approvals)
    print(f"load after: {os.getloadavg()[0]:.2f}")


def tell(name: str, environment: dict[str, str], approvals: int) -> None:
    command = [sys.executable, "-m", "benchmarks.simulation", "--measure"]
    done = subprocess.run(
        [*command, "--approvals", str(approvals)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    for row in json.loads(done.stdout.splitlines()[-1]):
        figures = f"{row['seconds']:>8.2f} {row['trainings']:>10,}"
        print(f"{name:<10} {row['policy']:<26} {figures}", flush=True)


def measure(approvals: int) -> None:
    """In a process of its own, on the database of its environment."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "preciso.settings")
    django.setup()
    from django.core.management import call_command

    from benchmarks.sealing_data import fill
    from training.models import TrainingPolicy
    from training.services.simulation import simulate

    call_command("migrate", verbosity=0)
    fill(approvals, waiting=0)
    spread_over_a_year()
    rows = []
    for name, columns in POLICIES.items():
        policy, seconds = TrainingPolicy(**columns), []
        for _round in range(ROUNDS):
            began = time.perf_counter()
            found = simulate(policy, days=DAYS)
            seconds.append(time.perf_counter() - began)
        rows.append(
            {
                "policy": name,
                "seconds": statistics.median(seconds),
                "trainings": len(found.trainings),
            }
        )
    print(json.dumps(rows))


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

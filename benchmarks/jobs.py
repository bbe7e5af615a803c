"""What a job costs: how soon it begins, how many a second, what supervision adds.

    .venv/bin/python -m benchmarks.jobs [--jobs 1000] [--only preciso,procrastinate]
                                        [--skip-child]

No-op jobs that run inside the worker, on SQLite and on PostgreSQL with Redis, beside
bare Huey, django-rq and procrastinate on the same servers in the same run. The peers
are installed into a temporary environment. "Pick-up" is from just before the submission
to the first line of the job, with a worker that idles; "a second" is a queue that was
full before the worker started, from the first job's beginning to the last one's.
Then: the wall time that supervision adds to a child that sleeps 30 seconds, and the
worker's memory while a child writes 200 MB of log.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.job_marks import marks

ROOT = Path(__file__).parent.parent
PACKAGES = ["huey", "redis", "django", "django-rq", "procrastinate"]
LATENCIES, PAUSE = 200, 0.05
PATIENCE = 180.0  # seconds


@dataclass
class Rival:
    """One way of running jobs: its program and the environment it needs."""

    name: str
    program: list[str]
    environment: dict[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--only", default="", help="names, separated by commas")
    parser.add_argument("--skip-child", action="store_true")
    parser.add_argument("--peers", type=Path, help="python that has the peers already")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "preciso.settings_test"
    from tests.services import postgres_server, redis_server

    with (
        tempfile.TemporaryDirectory(prefix="preciso-bench-") as folder,
        postgres_server() as postgres,
        redis_server() as redis,
    ):
        home = Path(folder)
        peers = options.peers or install_peers(home)
        print(f"load before: {os.getloadavg()[0]:.2f}, processors: {os.cpu_count()}")
        print(f"{'':<30} {'pick-up p50 ms':>15} {'p95 ms':>8} {'a second':>9}")
        for rival in rivals(home, peers, postgres, redis):
            if not options.only or rival.name in options.only.split(","):
                measure(rival, home, options.jobs)
        if not options.skip_child:
            from benchmarks.job_child import measure_children

            measure_children(home)
        print(f"load after: {os.getloadavg()[0]:.2f}")


def install_peers(home: Path) -> Path:
    """An environment of the benchmark's own; returns its python."""
    subprocess.run([sys.executable, "-m", "venv", home / "peers"], check=True)
    python = home / "peers" / "bin" / "python"
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([python, "-m", "pip", "install", *quiet, *PACKAGES], check=True)
    return python


def rivals(home: Path, peers: Path, postgres: str, redis: str) -> Iterator[Rival]:
    redis = redis.rpartition("/")[0]
    preciso = [sys.executable, "-m", "benchmarks.job_preciso"]
    yield Rival("preciso", preciso, preciso_environment(home / "sqlite"))
    servers = {"DATABASE_URL": new_database(postgres), "REDIS_URL": f"{redis}/1"}
    both = preciso_environment(home / "postgres") | servers
    yield Rival("preciso postgres+redis", preciso, both)
    peer = [str(peers), "-m", "benchmarks.job_peers"]
    file = {"BENCH_HUEY_FILE": str(home / "huey.db")}
    yield Rival("huey sqlite", [*peer, "huey-sqlite"], file)
    yield Rival("huey redis", [*peer, "huey-redis"], {"REDIS_URL": f"{redis}/2"})
    yield Rival("django-rq", [*peer, "django-rq"], {"REDIS_URL": f"{redis}/3"})
    own = {"DATABASE_URL": new_database(postgres)}
    yield Rival("procrastinate", [*peer, "procrastinate"], own)


def new_database(postgres: str) -> str:
    name = f"bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{postgres.rpartition('/')[0]}/{name}"


def preciso_environment(data_dir: Path) -> dict[str, str]:
    data_dir.mkdir()
    return {
        "PRECISO_DATA_DIR": str(data_dir),
        "SECRET_KEY": "benchmark" * 8,
        "TRAINING_JOBS_ENABLED": "on",
        "MLFLOW_TRACKING_URI": "off",
    }


def measure(rival: Rival, home: Path, jobs: int) -> None:
    prepare(rival)
    waits = pick_ups(rival, home)
    rate = jobs_a_second(rival, home, jobs)
    cuts = statistics.quantiles(waits, n=20)
    figures = f"{1000 * cuts[9]:>15.1f} {1000 * cuts[18]:>8.1f} {rate:>9.0f}"
    print(f"{rival.name:<30} {figures}", flush=True)


def prepare(rival: Rival) -> None:
    """Tables; the peers make their own when their worker starts for the first time."""
    if rival.name.startswith("preciso"):
        run([sys.executable, "manage.py", "migrate", "-v0"], rival.environment)
    else:
        with worker(rival, Path(os.devnull)):
            time.sleep(3)


def pick_ups(rival: Rival, home: Path) -> list[float]:
    """Seconds from the submission to the beginning, for a worker with nothing to do."""
    path = home / f"{uuid.uuid4().hex}.marks"
    with worker(rival, path):
        submit(rival, path, 10, PAUSE)
        wait_for(path, 10)
        path.unlink()
        handed_over = submit(rival, path, LATENCIES, PAUSE)
        wait_for(path, LATENCIES)
    began = marks(path)
    return [began[number] - moment for number, moment in handed_over.items()]


def jobs_a_second(rival: Rival, home: Path, jobs: int) -> float:
    path = home / f"{uuid.uuid4().hex}.marks"
    submit(rival, path, jobs, 0.0)
    with worker(rival, path):
        wait_for(path, jobs)
    moments = sorted(marks(path).values())
    return (len(moments) - 1) / (moments[-1] - moments[0])


def submit(rival: Rival, path: Path, count: int, pause: float) -> dict[int, float]:
    """When each job was handed over."""
    said = run([*rival.program, "submit", str(count), str(pause)], around(rival, path))
    pairs = (line.split() for line in said.splitlines())
    return {int(number): float(moment) for number, moment in pairs}


def around(rival: Rival, path: Path) -> dict[str, str]:
    return {**rival.environment, "BENCH_MARKS": str(path)}


def run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{command} failed:\n{done.stderr[-3000:]}")
    return done.stdout


@contextmanager
def worker(rival: Rival, path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [*rival.program, "worker"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **around(rival, path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)
        process.kill()
        process.wait()


def wait_for(path: Path, count: int) -> None:
    """Until ``count`` different jobs began. Looks seldom, not to disturb."""
    deadline = time.monotonic() + PATIENCE
    while len(marks(path)) < count:
        if time.monotonic() > deadline:
            raise SystemExit(f"only {len(marks(path))} of {count} jobs began in time")
        time.sleep(0.2)


if __name__ == "__main__":
    main()

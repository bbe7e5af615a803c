"""What a job costs: how soon it begins, how many a second, what supervision adds.

    .venv/bin/python -m benchmarks.jobs [--jobs 1000] [--only sqlite]
        [--rivals preciso procrastinate] [--skip-child]

No-op jobs that run inside the worker, on SQLite and on PostgreSQL with Redis, beside
bare Huey, django-rq and procrastinate on the same servers in the same run. The peers
are installed into a temporary environment (a smoke test takes Huey alone, which is
installed anyway). "Pick-up" is from just before the submission to the first line of the
job, with a worker that idles; "a second" is a queue that was full before the worker
started, from the first job's beginning to the last one's. Then, on SQLite: the wall
time that supervision adds to a child that sleeps 30 seconds, and the worker's memory
while a child writes 200 MB of log.
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

from benchmarks.parts.installation import (
    ROOT,
    Parser,
    call,
    databases,
    installation,
    machine,
    new_database,
)
from benchmarks.parts.job_start_times import marks
from tests.services import redis_server

PACKAGES = ["huey", "redis", "django", "django-rq", "procrastinate"]
INSTALLED = ["preciso", "preciso postgres+redis", "huey sqlite", "huey redis"]
PAUSE, WARM_UP = 0.05, 10
PATIENCE = 180.0  # seconds


@dataclass
class Rival:
    """One way of running jobs: its program and the environment it needs."""

    name: str
    program: list[str]
    environment: dict[str, str]


def main() -> None:
    parser = Parser(__doc__, databases=True)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--latencies", type=int, default=200, help="jobs, one by one")
    parser.add_argument("--rivals", nargs="+", metavar="NAME", help="the first column")
    parser.add_argument("--skip-child", action="store_true")
    parser.add_argument("--seconds", type=float, default=30, help="the child sleeps")
    parser.add_argument("--megabytes", type=int, default=200, help="the child writes")
    parser.add_argument("--peers", help="python that has the peers already")
    options = parser.read(
        jobs=5,
        latencies=3,
        rivals=INSTALLED,
        seconds=0.1,
        megabytes=1,
        peers=sys.executable,
    )
    with tempfile.TemporaryDirectory(prefix="preciso-bench-") as folder:
        home = Path(folder)
        peers = options.peers or install_peers(home)
        print(machine())
        print(f"{'':<30} {'pick-up p50 ms':>15} {'p95 ms':>8} {'a second':>9}")
        for database in databases(options):
            compare(database, peers, home, options)
        if options.only != "postgres" and not options.skip_child:
            measure_children(home, options)
        print(machine())


def install_peers(home: Path) -> str:
    """An environment of the benchmark's own; returns its python."""
    subprocess.run([sys.executable, "-m", "venv", home / "peers"], check=True)
    python = str(home / "peers" / "bin" / "python")
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([python, "-m", "pip", "install", *quiet, *PACKAGES], check=True)
    return python


def compare(database: str, peers: str, home: Path, options: argparse.Namespace) -> None:
    peer = [peers, "-m", "benchmarks.parts.job_peers"]
    rivals = on_sqlite if database == "sqlite" else on_servers
    with installation(database) as values:
        for rival in rivals(values, peer):
            if not options.rivals or rival.name in options.rivals:
                measure(rival, home, options)


def preciso(name: str, values: dict[str, str]) -> Rival:
    program = [sys.executable, "-m", "benchmarks.parts.job_preciso"]
    return Rival(name, program, values)


def on_sqlite(values: dict[str, str], peer: list[str]) -> Iterator[Rival]:
    yield preciso("preciso", values)
    file = {"BENCH_HUEY_FILE": str(Path(values["PRECISO_DATA_DIR"], "bench.db"))}
    yield Rival("huey sqlite", [*peer, "huey-sqlite"], file)


def on_servers(values: dict[str, str], peer: list[str]) -> Iterator[Rival]:
    with redis_server() as url:
        redis = url.rpartition("/")[0]
        yield preciso("preciso postgres+redis", {**values, "REDIS_URL": f"{redis}/1"})
        yield Rival("huey redis", [*peer, "huey-redis"], {"REDIS_URL": f"{redis}/2"})
        yield Rival("django-rq", [*peer, "django-rq"], {"REDIS_URL": f"{redis}/3"})
        own = {"DATABASE_URL": new_database()}
        yield Rival("procrastinate", [*peer, "procrastinate"], own)


def measure_children(home: Path, options: argparse.Namespace) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "preciso.settings_test"
    from benchmarks.parts.job_child import measure_children

    measure_children(home, options)


def measure(rival: Rival, home: Path, options: argparse.Namespace) -> None:
    prepare(rival)
    waits = pick_ups(rival, home, options.latencies)
    rate = jobs_a_second(rival, home, options.jobs)
    cuts = statistics.quantiles(waits, n=20)
    figures = f"{1000 * cuts[9]:>15.1f} {1000 * cuts[18]:>8.1f} {rate:>9.0f}"
    print(f"{rival.name:<30} {figures}", flush=True)


def prepare(rival: Rival) -> None:
    """The peers make their tables when their worker starts for the first time."""
    if rival.name not in INSTALLED:
        with worker(rival, Path(os.devnull)):
            time.sleep(3)


def pick_ups(rival: Rival, home: Path, count: int) -> list[float]:
    """Seconds from the submission to the beginning, for a worker with nothing to do."""
    path = home / f"{uuid.uuid4().hex}.marks"
    with worker(rival, path):
        if count > WARM_UP:
            submit(rival, path, WARM_UP, PAUSE)
            wait_for(path, WARM_UP)
            path.unlink()
        handed_over = submit(rival, path, count, PAUSE)
        wait_for(path, count)
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
    command = [*rival.program, "submit", str(count), str(pause)]
    said = call(command, around(rival, path))
    pairs = (line.split() for line in said.splitlines())
    return {int(number): float(moment) for number, moment in pairs}


def around(rival: Rival, path: Path) -> dict[str, str]:
    path_of_programs = {"PATH": os.environ["PATH"]}
    return {**path_of_programs, **rival.environment, "BENCH_MARKS": str(path)}


@contextmanager
def worker(rival: Rival, path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [*rival.program, "worker"],
        cwd=ROOT,
        env=around(rival, path),
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

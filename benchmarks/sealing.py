"""What sealing a large dataset version costs, and what approvals notice of it.

    .venv/bin/python -m benchmarks.sealing [--samples 100000] [--only sqlite]

On SQLite and on PostgreSQL: a version of so many samples is frozen, exported, hashed,
counted and sealed by one process while another one approves cases one after the other.
Told are the seconds of the seal, the largest memory its process ever had (with Django,
before and after), and how long the approvals took meanwhile, beside the same approvals
before the seal. Then: whether the sha256 is that of the file that is downloaded, and
what counting and comparing versions of that size costs.
"""

import argparse
import hashlib
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
MODULE = "benchmarks.sealing"
BEFORE = 50  # approvals before the seal
WAITING = 3000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--only", default="", help="sqlite or postgres")
    parser.add_argument("--part", default="", help=argparse.SUPPRESS)
    parser.add_argument("--mark", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        part(options)
        return
    print(f"load before: {os.getloadavg()[0]:.2f}, processors: {os.cpu_count()}")
    print(
        f"{'':<10} {'samples':>8} {'seal s':>7} {'peak MB':>8} {'at start':>8} | "
        f"{'approvals ms p50':>16} {'p95':>6} {'longest':>8} | "
        f"{'before p50':>10} {'longest':>8}"
    )
    with tempfile.TemporaryDirectory(prefix="preciso-seal-") as folder:
        for name, environment in databases(Path(folder), options.only):
            with environment as values:
                measure(name, values, Path(folder) / f"{name}.over", options.samples)
    print(f"load after: {os.getloadavg()[0]:.2f}")


def databases(home: Path, only: str) -> Iterator[tuple[str, Any]]:
    for name in ("sqlite", "postgres"):
        if only in ("", name):
            yield name, installation(home / name, name)


@contextmanager
def installation(data_dir: Path, name: str) -> Iterator[dict[str, str]]:
    data_dir.mkdir()
    values = {
        "PATH": os.environ["PATH"],
        "PRECISO_DATA_DIR": str(data_dir),
        "SECRET_KEY": "benchmark" * 8,
        "TRAINING_JOBS_ENABLED": "on",
        "MLFLOW_TRACKING_URI": "off",
    }
    if name == "sqlite":
        yield values
        return
    os.environ["DJANGO_SETTINGS_MODULE"] = "preciso.settings_test"
    from tests.services import postgres_server

    with postgres_server() as url:
        yield {**values, "DATABASE_URL": url}


def measure(name: str, values: dict[str, str], over: Path, samples: int) -> None:
    call([sys.executable, "manage.py", "migrate", "-v0"], values)
    count = ["--samples", str(samples)]
    call([sys.executable, "-m", MODULE, "--part", "fill", *count], values)
    approver = start("approve", values, over)
    assert approver.stdout is not None
    before = json.loads(approver.stdout.readline())
    sealed = json.loads(
        call([sys.executable, "-m", MODULE, "--part", "seal"], values).splitlines()[-1]
    )
    over.touch()
    meanwhile = json.loads(approver.communicate()[0].splitlines()[-1])
    # Only what began while it sealed: the process takes a while to start.
    began, ended = sealed["began"], sealed["ended"]
    waits = [took for at, took in meanwhile if began - took < at < ended]
    quiet = [took for _at, took in before]
    print(
        f"{name:<10} {samples:>8} {ended - began:>7.1f} {sealed['peak']:>8.0f} "
        f"{sealed['start']:>8.0f} | {1000 * statistics.median(waits):>16.1f} "
        f"{1000 * statistics.quantiles(waits, n=20)[18]:>6.0f} "
        f"{1000 * max(waits):>8.0f} | {1000 * statistics.median(quiet):>10.1f} "
        f"{1000 * max(quiet):>8.0f}"
    )
    print(f"{'':<10} {len(waits)} approvals meanwhile; {sealed['said']}", flush=True)


def call(command: list[str], values: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env=values, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{command} failed:\n{done.stderr[-3000:]}")
    return done.stdout


def start(what: str, values: dict[str, str], mark: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", MODULE, "--part", what, "--mark", str(mark)]
    return subprocess.Popen(
        command, cwd=ROOT, env=values, stdout=subprocess.PIPE, text=True
    )


def part(options: argparse.Namespace) -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "preciso.settings"
    django.setup()
    if options.part == "fill":
        from benchmarks.sealing_data import fill

        fill(options.samples, waiting=WAITING)
    elif options.part == "approve":
        approve(options.mark)
    else:
        seal()


def approve(over: Path) -> None:
    """Approve until the mark is there; tell when each began and how long it took."""
    from django.contrib.auth.models import User

    from training.models import Case
    from training.services.approvals import Verdict, approve_case

    by = User.objects.get(username="reviewer0")
    cases = Case.objects.awaiting_approval().order_by("pk").iterator()
    waits: list[tuple[float, float]] = []
    for case in itertools.islice(list(cases), WAITING):
        began = time.time()
        approve_case(case, Verdict(decision="approve", confidence=0.9), by=by)
        waits.append((began, time.time() - began))
        if len(waits) == BEFORE:
            print(json.dumps(waits), flush=True)
        if over.exists():
            break
    print(json.dumps(waits[BEFORE:]), flush=True)


def seal() -> None:
    from django.contrib.auth.models import User

    from training.models import DatasetVersion
    from training.services import datasets

    by = User.objects.get(username="reviewer0")
    version = DatasetVersion.objects.open().get()
    told: dict[str, Any] = {"start": peak_megabytes(), "began": time.time()}
    datasets.freeze(version, by=by)
    frozen = time.time() - told["began"]
    datasets.export_and_seal(version, by=by)
    told |= {"ended": time.time(), "peak": peak_megabytes()}
    with datasets.open_export(version) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    same = "sha256 is that of the file" if digest == version.sha256 else "WRONG SHA256"
    told["said"] = f"{same}; freezing {1000 * frozen:.0f} ms, {other_figures(version)}"
    print(json.dumps(told))


def other_figures(version: Any) -> str:
    from training.models import DatasetVersion
    from training.services import comparing, counting

    following = DatasetVersion.objects.open().get()
    watch = time.perf_counter()
    counting.counts(following)
    counted = time.perf_counter() - watch
    watch = time.perf_counter()
    comparison = comparing.compare(following, version)
    list(comparison.rows()[:50])
    compared = time.perf_counter() - watch
    return f"counting the open one {counted:.2f} s, comparing {compared:.2f} s"


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()

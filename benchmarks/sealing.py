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
import json
import resource
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.parts.installation import (
    Parser,
    answer_inside,
    databases,
    installation,
    machine,
    run_inside,
    start_inside,
)


def main() -> None:
    parser = Parser(__doc__, databases=True)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--waiting", type=int, default=3000, help="cases to approve")
    parser.add_argument("--before", type=int, default=50, help="approvals before it")
    parser.add_argument("--mark", type=Path, help=argparse.SUPPRESS)
    options = parser.read(samples=300, waiting=400, before=3)
    if options.inside:
        part(options)
        return
    print(machine())
    print(
        f"{'':<10} {'samples':>8} {'seal s':>7} {'peak MB':>8} {'at start':>8} | "
        f"{'approvals ms p50':>16} {'p95':>6} {'longest':>8} | "
        f"{'before p50':>10} {'longest':>8}"
    )
    for database in databases(options):
        with installation(database) as values:
            run_inside(values, "fill")
            measure(database, values, options.samples)
    print(machine())


def measure(name: str, values: dict[str, str], samples: int) -> None:
    over = Path(values["PRECISO_DATA_DIR"], "sealing.over")
    approver = start_inside(values, "approve", "--mark", str(over))
    assert approver.stdout is not None
    before = json.loads(approver.stdout.readline())
    sealed = json.loads(answer_inside(values, "seal"))
    over.touch()
    meanwhile = json.loads(approver.communicate()[0].splitlines()[-1])
    # Only what began while it sealed: the process takes a while to start.
    began, ended = sealed["began"], sealed["ended"]
    waits = [took for at, took in meanwhile if began - took < at < ended]
    if len(waits) < 2:  # a seal that is done in no time, as a smoke test's may be
        print(f"{name:<10} {len(waits)} approvals meanwhile; {sealed['said']}")
        return
    quiet = [took for _at, took in before]
    print(
        f"{name:<10} {samples:>8} {ended - began:>7.1f} {sealed['peak']:>8.0f} "
        f"{sealed['start']:>8.0f} | {1000 * statistics.median(waits):>16.1f} "
        f"{1000 * statistics.quantiles(waits, n=20)[18]:>6.0f} "
        f"{1000 * max(waits):>8.0f} | {1000 * statistics.median(quiet):>10.1f} "
        f"{1000 * max(quiet):>8.0f}"
    )
    print(f"{'':<10} {len(waits)} approvals meanwhile; {sealed['said']}", flush=True)


def part(options: argparse.Namespace) -> None:
    import django

    django.setup()
    if options.inside == "fill":
        from benchmarks.parts.samples import fill

        fill(options.samples, waiting=options.waiting)
    elif options.inside == "approve":
        approve(options)
    else:
        seal()


def approve(options: argparse.Namespace) -> None:
    """Approve until the mark is there; tell when each began and how long it took."""
    from django.contrib.auth.models import User

    from training.models import Case
    from training.services.cases.approvals import ReviewInput, approve_case

    by = User.objects.get(username="reviewer0")
    cases = Case.objects.awaiting_approval().order_by("pk").iterator()
    waits: list[tuple[float, float]] = []
    for case in list(cases):
        began = time.time()
        approve_case(case, ReviewInput(decision="approve", confidence=0.9), by=by)
        waits.append((began, time.time() - began))
        if len(waits) == options.before:
            print(json.dumps(waits), flush=True)
        if options.mark.exists():
            break
    print(json.dumps(waits[options.before :]), flush=True)


def seal() -> None:
    from django.contrib.auth.models import User

    from training.models import DatasetVersion
    from training.services.datasets import versions

    by = User.objects.get(username="reviewer0")
    version = DatasetVersion.objects.open().get()
    told: dict[str, Any] = {"start": peak_megabytes(), "began": time.time()}
    versions.freeze(version, by=by)
    frozen = time.time() - told["began"]
    versions.export_and_seal(version, by=by)
    told |= {"ended": time.time(), "peak": peak_megabytes()}
    with versions.open_export(version) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != version.sha256:
        raise SystemExit("The sha256 is not that of the file that is downloaded.")
    same = "sha256 is that of the file"
    told["said"] = f"{same}; freezing {1000 * frozen:.0f} ms, {other_figures(version)}"
    print(json.dumps(told))


def other_figures(version: Any) -> str:
    from training.models import DatasetVersion
    from training.services.datasets import differences, figures

    following = DatasetVersion.objects.open().get()
    watch = time.perf_counter()
    figures.counts(following)
    counted = time.perf_counter() - watch
    watch = time.perf_counter()
    comparison = differences.compare(following, version)
    list(comparison.rows()[:50])
    compared = time.perf_counter() - watch
    return f"counting the open one {counted:.2f} s, comparing {compared:.2f} s"


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()

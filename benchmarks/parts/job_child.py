"""What supervising a child costs: wall time over 30 s, memory under 200 MB of log.

Part of benchmarks/jobs.py; on SQLite, with the default lease, heartbeat and sweep.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.faults.conftest import prepare
from tests.faults.snippets import submit
from tests.installation import QUICK, Installation

TALKER = """
import os, pathlib, sys
portion = ("0123456789" * 10 + "\\n") * 1000
for _ in range(10 * int(sys.argv[1])):
    sys.stdout.write(portion)
sys.stdout.flush()
"""
MODEL = (
    "mkdir $PRECISO_OUTPUT_DIR/model; "
    'echo "{\\"flavor\\": \\"none\\"}" > $PRECISO_OUTPUT_DIR/model/model.json'
)


def measure_children(home: Path, options: argparse.Namespace) -> None:
    folder = home / "children"
    if template := os.environ.get("BENCHMARK_TEMPLATE", ""):
        shutil.copytree(template, folder)
    else:
        folder.mkdir()
    installation = prepare(Installation(folder))
    if not options.smoke:
        for name in QUICK:
            del installation.environment[name]
    try:
        wall_time(installation, options.seconds)
        memory(installation, folder, options)
    finally:
        installation.stop()


def wall_time(installation: Installation, seconds: float) -> None:
    """The same sleep, bare and as a training; the attempt counts as a whole."""
    began = time.perf_counter()
    subprocess.run(["sleep", str(seconds)], check=True)
    bare = time.perf_counter() - began
    command = f"sh -c 'sleep {seconds:g}; {MODEL}'"
    installation.environment["LOCAL_TRAINING_COMMAND"] = command
    worker = installation.start_worker()
    job = submit(installation)
    ended = installation.wait_for(job, "completed", "failed", "dead_letter")
    if ended["status"] != "completed":
        raise SystemExit(f"The training ended as {ended}.")
    attempt = installation.row(
        "SELECT (julianday(ended_at) - julianday(started_at)) * 86400 "
        f"FROM training_jobattempt WHERE job_id = {job}"
    )
    assert attempt is not None
    whole = attempt[0]
    print(f"child of {seconds:g} s, bare: {bare:.3f} s")
    share = 100 * (whole - bare) / bare
    print(f"the same as a training, claim to published model: {whole:.3f} s")
    print(f"added: {1000 * (whole - bare):.0f} ms, {share:.2f} %")
    worker.terminate()
    worker.wait()


def memory(
    installation: Installation, folder: Path, options: argparse.Namespace
) -> None:
    """Before the job, and the most there ever was."""
    script = folder / "talker.py"
    script.write_text(TALKER)
    command = f"sh -c '{sys.executable} {script} {options.megabytes}; {MODEL}'"
    installation.environment["LOCAL_TRAINING_COMMAND"] = command
    worker = installation.start_worker()
    time.sleep(0 if options.smoke else 5)
    before = kibibytes(worker.pid, "VmRSS")
    began = time.perf_counter()
    job = submit(installation)
    ended = installation.wait_for(job, "completed", "failed", within=120)
    took = time.perf_counter() - began
    most = kibibytes(worker.pid, "VmHWM")
    print(f"{options.megabytes} MB of log: {ended['status']} after {took:.1f} s")
    print(f"the worker: {before / 1024:.0f} MiB before, at most {most / 1024:.0f} MiB")


def kibibytes(process: int, name: str) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise SystemExit(f"no {name} of process {process}")

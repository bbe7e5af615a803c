"""What people and workers do with jobs, step by step, in an old build and in this one.

    .venv/bin/python -m benchmarks.job_steps [--old d42abbd] [--jobs 100000]
        [--rounds 20] [--only sqlite] [--old-python PYTHON]

Two installations of each database, one of this tree and one of the older commit. A
process in each does the same in rounds that alternate, so that both meet the same
machine: approve a case, submit a training, cancel it, retry it, claim it and end it,
beside so many jobs that have ended; and one whole training by a command that sleeps a
second, from the claim to the published model. Medians in milliseconds, and by how much
the new build takes longer.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.parts.installation import (
    PARTS,
    ROOT,
    Parser,
    databases,
    installation,
    machine,
    older_build,
)

SIDE = str(PARTS / "job_steps_side.py")
COMMAND = (
    "sh -c 'sleep 1; mkdir $PRECISO_OUTPUT_DIR/model; "
    'echo "{\\"flavor\\": \\"none\\"}" > $PRECISO_OUTPUT_DIR/model/model.json\''
)


def main() -> None:
    parser = Parser(__doc__, databases=True)
    parser.add_old("d42abbd")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=100_000)
    options = parser.read(rounds=2, jobs=10, old=str(ROOT))
    print(machine())
    with older_build(options.old, options.old_python) as tree:
        for database in databases(options):
            with (
                installation(database, tree, options.old_python) as before,
                installation(database) as now,
            ):
                sides = {
                    "old": start(options.old_python, tree, before, options.jobs),
                    "new": start(sys.executable, ROOT, now, options.jobs),
                }
                compare(database, sides, options.rounds)
    print(machine())


def start(
    python: str, tree: Path, values: dict[str, str], jobs: int
) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [python, SIDE, str(jobs)],
        cwd=tree,
        env={**values, "LOCAL_TRAINING_COMMAND": COMMAND},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def compare(
    database: str, sides: dict[str, "subprocess.Popen[str]"], rounds: int
) -> None:
    """The first round of each warms it up."""
    times: dict[str, dict[str, list[float]]] = {"old": {}, "new": {}}
    for turn in range(rounds):
        for side in ("old", "new") if turn % 2 else ("new", "old"):
            for step, milliseconds in ask(sides[side]).items():
                if turn:
                    times[side].setdefault(step, []).extend(milliseconds)
    for process in sides.values():
        process.communicate()
    print(f"{database:<24}{'old ms':>10}{'new ms':>10}{'times':>8}")
    for step in times["new"]:
        old, new = (statistics.median(times[side][step]) for side in ("old", "new"))
        print(f"{step:<24}{old:>10.2f}{new:>10.2f}{new / old:>8.2f}", flush=True)


def ask(process: "subprocess.Popen[str]") -> dict[str, list[float]]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    answer: dict[str, list[float]] = json.loads(process.stdout.readline() or "null")
    if not answer:
        raise SystemExit("A side has ended before its time; see above.")
    return answer


if __name__ == "__main__":
    main()

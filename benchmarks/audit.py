"""What the audit trail costs: approving beside an older build, and checking it.

    .venv/bin/python -m benchmarks.audit [--old 247a1c8] [--events 200000]
        [--only sqlite] [--old-python PYTHON]

Two installations of each database, one of this tree and one of the older commit, which
is unpacked beside it for as long as this runs. A process in each approves the same
ordinary cases, in rounds that alternate, so that both meet the same machine; told are
the statements and the milliseconds of one approval, and their quotient. Then so many
events are chained and checked: events a second of processor time, and records. The
build of 247a1c8 needs packages that this one does not have (django-axes).
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.parts.installation import (
    PARTS,
    ROOT,
    Parser,
    call,
    databases,
    installation,
    machine,
    older_build,
)

SIDE = str(PARTS / "audit_side.py")
WARM_UP = 2  # rounds


def main() -> None:
    parser = Parser(__doc__, databases=True)
    parser.add_old("247a1c8")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--events", type=int, default=200_000)
    options = parser.read(rounds=WARM_UP + 1, events=100, old=str(ROOT))
    print(machine())
    with older_build(options.old, options.old_python) as old:
        for database in databases(options):
            compare(database, old, options)
            with installation(database) as values:
                told = call([sys.executable, SIDE, str(options.events)], values)
            print(
                "".join(f"{database}: {line}\n" for line in told.splitlines()), end=""
            )


def compare(name: str, old: Path, options: argparse.Namespace) -> None:
    with (
        installation(name, old, options.old_python) as before,
        installation(name) as now,
    ):
        sides = {
            "old": child(options.old_python, old, before),
            "new": child(sys.executable, ROOT, now),
        }
        told: dict[str, list[dict[str, Any]]] = {"old": [], "new": []}
        for turn in range(options.rounds):
            for side in ("old", "new") if turn % 2 else ("new", "old"):
                told[side].append(ask(sides[side]))
        for process in sides.values():
            process.communicate()
    row = {}
    for side, rounds in told.items():
        milliseconds = [value for each in rounds[WARM_UP:] for value in each["ms"]]
        row[side] = (rounds[-1]["statements"], statistics.median(milliseconds))
    (before_n, before_ms), (now_n, now_ms) = row["old"], row["new"]
    print(
        f"{name}: one approval, old {before_n:.1f} statements {before_ms:.2f} ms, "
        f"new {now_n:.1f} statements {now_ms:.2f} ms: "
        f"{now_n / before_n:.3f} times the statements, "
        f"{now_ms / before_ms:.3f} times the time"
    )


def child(python: str, tree: Path, values: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [python, SIDE], cwd=tree, env=values, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def ask(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


if __name__ == "__main__":
    main()

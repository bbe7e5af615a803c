"""What the audit trail costs: approving beside an older build, and checking it.

    .venv/bin/python -m benchmarks.audit [--old 247a1c8] [--events 200000]
        [--only sqlite] [--database postgresql://postgres@127.0.0.1:5432]

Two installations of each database, one of this tree and one of the older commit, which
is checked out beside it for as long as this runs. A process in each approves the same
ordinary cases, in rounds that alternate, so that both meet the same machine; told are
the statements and the milliseconds of one approval, and their quotient. Then so many
events are chained and checked: events a second of processor time, and records.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parent.parent
ROUNDS, APPROVALS = 30, 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--old", default="247a1c8")
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--only", default="", help="sqlite or postgres")
    parser.add_argument(
        "--database", default="postgresql://postgres@127.0.0.1:5432", help="a server"
    )
    parser.add_argument("--part", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        PARTS[options.part](options)
        return
    print(f"load: {os.getloadavg()[0]:.2f}, processors: {os.cpu_count()}")
    with older_build(options.old) as old:
        for name in ("sqlite", "postgres"):
            if options.only in ("", name):
                compare(name, old, options)
                check(name, options)


@contextmanager
def older_build(commit: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="preciso-old-") as folder:
        tree = Path(folder) / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "-q", "--detach", str(tree), commit], check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


@contextmanager
def installation(name: str, tree: Path, server: str) -> Iterator[dict[str, str]]:
    """An empty installation of the code in ``tree``."""
    with tempfile.TemporaryDirectory(prefix="preciso-bench-") as folder:
        values = {
            **os.environ,
            "PRECISO_DATA_DIR": folder,
            "SECRET_KEY": "benchmark0123456789" * 4,
            "MLFLOW_TRACKING_URI": "off",
            "DJANGO_SETTINGS_MODULE": "preciso.settings",
            "PYTHONPATH": str(tree),
        }
        database = f"bench_{os.getpid()}_{'old' if tree != ROOT else 'new'}"
        if name == "postgres":
            values["DATABASE_URL"] = f"{server}/{database}"
            admin(server, f"CREATE DATABASE {database}")
        try:
            migrate = [sys.executable, "manage.py", "migrate", "-v", "0"]
            subprocess.run(migrate, cwd=tree, env=values, check=True)
            yield values
        finally:
            if name == "postgres":
                admin(server, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


def admin(server: str, statement: str) -> None:
    import psycopg

    parts = urlsplit(server)
    with psycopg.connect(
        host=parts.hostname, port=parts.port, user=parts.username, dbname="postgres",
        autocommit=True,
    ) as connection:  # fmt: skip
        connection.execute(statement)


def child(tree: Path, values: dict[str, str], *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, str(Path(__file__).resolve()), *more]
    return subprocess.Popen(
        command, cwd=tree, env=values, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def compare(name: str, old: Path, options: argparse.Namespace) -> None:
    with (
        installation(name, old, options.database) as before,
        installation(name, ROOT, options.database) as now,
    ):
        sides = {
            "old": child(old, before, "--part", "approve"),
            "new": child(ROOT, now, "--part", "approve"),
        }
        told: dict[str, list[dict[str, Any]]] = {"old": [], "new": []}
        for turn in range(ROUNDS):
            for side in ("old", "new") if turn % 2 else ("new", "old"):
                told[side].append(ask(sides[side]))
        for process in sides.values():
            process.communicate()
    row = {}
    for side, rounds in told.items():
        milliseconds = [value for each in rounds[2:] for value in each["ms"]]
        row[side] = (rounds[-1]["statements"], statistics.median(milliseconds))
    (before_n, before_ms), (now_n, now_ms) = row["old"], row["new"]
    print(
        f"{name}: one approval, old {before_n:.1f} statements {before_ms:.2f} ms, "
        f"new {now_n:.1f} statements {now_ms:.2f} ms: "
        f"{now_n / before_n:.3f} times the statements, "
        f"{now_ms / before_ms:.3f} times the time"
    )


def ask(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


def check(name: str, options: argparse.Namespace) -> None:
    with installation(name, ROOT, options.database) as values:
        process = child(
            ROOT, values, "--part", "verify", "--events", str(options.events)
        )
        output, _ = process.communicate()
        print("".join(f"{name}: {line}\n" for line in output.splitlines()), end="")


def set_up() -> Any:
    import django

    django.setup()
    from django.contrib.auth.models import User

    return User.objects.create_superuser("bench")


def approve(options: argparse.Namespace) -> None:
    """Rounds of approvals, one for each line that comes in."""
    user = set_up()
    from django.db import connection

    from training.services import approvals, cases

    number = 0
    for _go in sys.stdin:
        made = []
        for _case in range(APPROVALS):
            number += 1
            facts = [{"name": f"fact {n}", "value": n * number} for n in range(20)]
            content = cases.parse_case({"external_id": f"B-{number}", "facts": facts})
            made.append(cases.post_case(content, by=user)[0])
        count = 0

        def counted(execute: Any, *arguments: Any) -> Any:
            nonlocal count
            count += 1
            return execute(*arguments)

        milliseconds = []
        verdict = approvals.Verdict("yes", "Fact 1 is enough.", "", 0.9)
        with connection.execute_wrapper(counted):
            for case in made:
                started = time.perf_counter()
                approvals.approve_case(case, verdict, by=user)
                milliseconds.append((time.perf_counter() - started) * 1000)
        answer = {"statements": count / APPROVALS, "ms": milliseconds}
        print(json.dumps(answer), flush=True)


def verify(options: argparse.Namespace) -> None:
    user = set_up()
    from training.models import AuditEvent
    from training.services.audit import chain_events
    from training.services.audit_check import verify_chain

    records = [
        {"id": 1, "type": kind, "sha256": "ab" * 32}
        for kind in ("case", "review", "sample")
    ]
    detail = {"decision": "yes", "review": 1, "sample": 1, "gate": "candidate"}
    for start in range(0, options.events, 1000):
        AuditEvent.objects.bulk_create(
            AuditEvent(
                action="case.approved", actor=user, actor_label="bench",
                subject_type="case", subject_id=str(number), detail=detail,
                subject_label=f"B-{number}", request_id=f"{number:032x}", via="page",
                records=[{**record, "id": number} for record in records],
            )
            for number in range(start + 1, start + 1001)
        )  # fmt: skip
        chain_events(1000)
    started = time.process_time()
    report = verify_chain(records=False)
    seconds = time.process_time() - started
    print(
        f"{report.length} events checked, {report.problem or 'ok'}, in {seconds:.1f} s "
        f"of processor: {report.length / seconds:,.0f} events a second"
    )
    started = time.process_time()
    report = verify_chain()
    rest = time.process_time() - started - seconds
    print(f"and {3 * report.length} records beside no rows: {rest:.1f} s more")


PARTS = {"approve": approve, "verify": verify}

if __name__ == "__main__":
    main()

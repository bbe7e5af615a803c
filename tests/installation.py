"""A whole Preciso in a directory of its own: real processes, real database."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg
from django.conf import settings

from tests.services import wait_until

QUICK = {  # so that what takes half a minute in life takes seconds here
    "JOB_LEASE_SECONDS": "3",
    "JOB_HEARTBEAT_SECONDS": "1",
    "JOB_SWEEP_SECONDS": "1",
    "JOB_CANCEL_GRACE_SECONDS": "1",
}


CONSOLE = """
import json, sys, traceback
for line in sys.stdin:
    scope = {}
    try:
        exec(json.loads(line), scope)
        print("ANSWER", json.dumps(scope.get("answer")), flush=True)
    except BaseException:
        print("FAILED", json.dumps(traceback.format_exc()), flush=True)
"""


class Console:
    """A process with Django set up that runs one snippet after the other."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = dict(environment)
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-v0", "-c", CONSOLE],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, code: str, within: float):
        """What the code leaves in ``answer``. Fails the test if it raises."""
        watchdog = threading.Timer(within, self._process.kill)
        watchdog.start()
        try:
            self._process.stdin.write(json.dumps(code) + "\n")
            self._process.stdin.flush()
            said = []
            for line in self._process.stdout:
                word, _space, rest = line.partition(" ")
                assert word != "FAILED", json.loads(rest)
                if word == "ANSWER":
                    return json.loads(rest)
                said.append(line)
        finally:
            watchdog.cancel()
        raise AssertionError(f"no answer within {within} s: {''.join(said)}")

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


class Installation:
    """Commands, snippets of Python and workers against one data directory."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(data_dir),
            "SECRET_KEY": "a key for tests only",
            "PRECISO_DATA_DIR": str(data_dir),
            "TRAINING_JOBS_ENABLED": "on",
            "MLFLOW_TRACKING_URI": "off",
            **QUICK,
            **environment,
        }
        self.workers: list[subprocess.Popen] = []
        self._console: Console | None = None

    def manage(self, *arguments: str) -> str:
        """Run a management command; its output. Fails the test if it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, code: str) -> subprocess.Popen:
        """Python in a process of its own, with Django set up; it prints to its file."""
        return subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-v0", "-c", code],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, code: str, *, within: float = 120):
        """What the code leaves in ``answer``; it runs with today's environment."""
        if self._console and self._console.environment != self.environment:
            self._close_console()
        if self._console is None:
            self._console = Console(self.environment)
        return self._console.run(code, within)

    def _close_console(self) -> None:
        if self._console is not None:
            self._console.close()
            self._console = None

    def start_worker(
        self, program: Sequence[str] = ("manage.py", "run_huey")
    ) -> subprocess.Popen:
        """A worker process, with the environment as it is now."""
        with (self.data_dir / f"worker-{len(self.workers)}.log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, *program],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.workers.append(worker)
        return worker

    def start_web(self, port: int) -> subprocess.Popen:
        """The web process as `make up` has it; it ends like a worker."""
        bind = ("--bind", f"127.0.0.1:{port}")  # the rest is in gunicorn.conf.py
        return self.start_worker(("-m", "gunicorn", *bind, "preciso.wsgi"))

    def logs(self) -> str:
        return "\n".join(
            path.read_text() for path in sorted(self.data_dir.glob("worker-*.log"))
        )

    def stop(self) -> None:
        """End every process; its data stay."""
        self._close_console()
        for worker in self.workers:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()

    def row(self, query: str) -> tuple | None:
        """The first row of a query, without starting a process for it."""
        return next(iter(self.rows(query)), None)

    def rows(self, query: str) -> list[tuple]:
        url = self.environment.get("DATABASE_URL", "")
        if url:
            with psycopg.connect(url) as connection:
                return connection.execute(query).fetchall()
        path = self.data_dir / "preciso.sqlite3"
        with closing(sqlite3.connect(path, timeout=20)) as connection:
            return connection.execute(query).fetchall()

    def can_be_written(self) -> bool:
        """Whether nobody holds the one lock that SQLite has for all writers."""
        if self.environment.get("DATABASE_URL"):
            return True
        path = self.data_dir / "preciso.sqlite3"
        with closing(sqlite3.connect(path, timeout=1)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            connection.rollback()
        return True

    def job(self, job_id: int) -> dict:
        names = ("status", "reason", "attempt", "output", "trace")
        row = self.row(
            f"SELECT {', '.join(names)} FROM training_pipelinejob WHERE id = {job_id}"
        )
        found = dict(zip(names, row, strict=True))
        if isinstance(found["output"], str):
            found["output"] = json.loads(found["output"])
        return found

    def wait_for(self, job_id: int, *statuses: str, within: float = 60) -> dict:
        def look():
            found = self.job(job_id)
            return found if found["status"] in statuses else None

        try:
            return wait_until(look, within=within, what=f"job {job_id} {statuses}")
        except AssertionError as late:
            raise AssertionError(
                f"{late}\n{self.job(job_id)}\n{self.logs()[-3000:]}"
            ) from late


def processes_with(text: str) -> list[int]:
    """The ids of live processes whose command line contains ``text``."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, UnicodeDecodeError):
            continue
        if text in command and state != "Z":
            found.append(int(entry.name))
    return found

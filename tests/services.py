"""Real services for tests, started on loopback and ended with the session."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.requirements import postgres_program


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(
    condition: Callable[[], Any], *, within: float = 20, what: str = "it"
) -> Any:
    """The first true answer of `condition`; AssertionError when there is none in time.

    For waiting on another process, never for measuring.
    """
    deadline = time.monotonic() + within
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen within {within} s"
        time.sleep(0.05)
    return answer


def accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def redis_server() -> Iterator[str]:
    """The URL of an empty Redis that keeps nothing on disk."""
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen(
        ["redis-server", *options], stdout=subprocess.DEVNULL, cwd=tempfile.gettempdir()
    )
    try:
        wait_until(lambda: accepts_connections(port), what="Redis answering")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of an empty database in a cluster of its own."""
    owner = _unprivileged_user()
    home = Path(tempfile.mkdtemp(prefix="preciso-postgres-"))
    if owner:
        shutil.chown(home, owner)
    port, cluster = free_port(), home / "cluster"
    options = ["-D", cluster, "-U", "preciso", "--auth", "trust", "--no-sync"]
    subprocess.run(
        [postgres_program("initdb"), *options, "--encoding", "UTF8"],
        check=True,
        stdout=subprocess.DEVNULL,
        user=owner,
    )
    settings = ["-k", home, "-c", "fsync=off", "-c", "listen_addresses=127.0.0.1"]
    server = subprocess.Popen(
        [postgres_program("postgres"), "-D", cluster, "-p", str(port), *settings],
        stderr=subprocess.DEVNULL,
        user=owner,
    )
    try:
        url = f"postgresql://preciso@127.0.0.1:{port}/postgres"
        wait_until(lambda: _answers_queries(url), what="PostgreSQL answering")
        yield url
    finally:
        server.send_signal(3)  # SIGQUIT: PostgreSQL's immediate shutdown
        server.wait()
        shutil.rmtree(home, ignore_errors=True)


def _answers_queries(url: str) -> bool:
    """It accepts connections a moment before it lets anybody in."""
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"

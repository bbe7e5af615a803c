"""A server of HTTP as a command, and one client that asks it until it answers."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.parts.http_load import HOST
from preciso.launcher import answers
from tests.services import free_port

PORT = free_port()


class Server:
    """A command and the processes it starts, listening on PORT."""

    def __init__(self, command: list[str], values: dict[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                env=values,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def stop(self) -> None:
        """Ask all of them to end, and wait until nobody listens."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(timeout=60)
        while answers(PORT):
            time.sleep(0.01)


class Caller:
    """One patient client: asks until it is answered."""

    def __init__(self, path: str, token: str = "") -> None:
        self.path = path
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def ask(self, body: Any, path: str = "") -> Any:
        """The answer; OSError while nobody listens."""
        client = http.client.HTTPConnection(HOST, PORT, timeout=60)
        try:
            client.request("POST", path or self.path, json.dumps(body), self.headers)
            answer = client.getresponse()
            content = answer.read()
        finally:
            client.close()
        if answer.status not in (200, 201):
            raise SystemExit(f"{self.path} answered {answer.status}: {content[:300]!r}")
        return json.loads(content)

    def requests(self, bodies: list[Any]) -> list[str]:
        """Whole HTTP requests, so that the clients have nothing left to write."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        head = f"POST {self.path} HTTP/1.1\r\nHost: localhost\r\n{lines}"
        texts = [json.dumps(body) for body in bodies]
        return [f"{head}Content-Length: {len(t.encode())}\r\n\r\n{t}" for t in texts]


@contextlib.contextmanager
def running(
    command: list[str], values: dict[str, str], log: Path, caller: Caller, body: Any
) -> Iterator[float]:
    """A server that answers; yields the seconds from its start to its first answer."""
    started = time.perf_counter()
    server = Server(command, values, log)
    try:
        while not is_answered(caller, body):
            if server.has_ended():
                raise SystemExit(f"It ended: {log.read_text()[-500:]}")
            time.sleep(0.01)
        yield time.perf_counter() - started
    finally:
        server.stop()


def is_answered(caller: Caller, body: Any) -> bool:
    try:
        caller.ask(body)
    except OSError:
        return False
    return True

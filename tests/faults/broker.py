"""A Redis that goes away and comes back on the same port."""

import os
import signal
import subprocess
from pathlib import Path

from tests.services import accepts_connections, free_port, wait_until


class Broker:
    """Starts empty; keeps nothing over a restart."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._port = free_port()
        self._server: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start, or thaw."""
        if self._server is not None:
            os.kill(self._server.pid, signal.SIGCONT)
            return
        options = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", ""]
        self._server = subprocess.Popen(
            ["redis-server", *options],
            stdout=subprocess.DEVNULL,
            cwd=self._directory,
        )
        wait_until(lambda: accepts_connections(self._port), what="Redis answering")

    def stop(self) -> None:
        """Gone: every connection is refused."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def freeze(self) -> None:
        """There, and silent: every wait runs into its limit."""
        os.kill(self._server.pid, signal.SIGSTOP)

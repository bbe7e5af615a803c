"""A whole installation for one demo: made, started, and gone again afterwards."""

import http.client
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mlops.demo.client import HOST, Api
from mlops.demo.errors import DemoFailed
from preciso import env
from preciso.processes import Child, stop_all

BASE_DIR = Path(__file__).resolve().parents[2]
READY_WITHIN = 60
LOOK_EVERY = 0.1
STOP_GRACE = 15
LOGS = ("demo", "prepare", "web", "worker")
# Anything else of the environment could lead to somebody's real installation.
INHERITED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
)


class Installation:
    """What `make up` makes, on a free port and in a data directory of its own."""

    def __init__(self) -> None:
        self.data_dir = Path(tempfile.mkdtemp(prefix="preciso-demo-"))
        self.port = _free_port()
        known = env.process_values()
        self._values = {
            **{name: known[name] for name in INHERITED if name in known},
            "PRECISO_DATA_DIR": str(self.data_dir),
            "PRECISO_SAMPLE": "0",
            "PORT": str(self.port),
            "PYTHONPATH": str(BASE_DIR),
            "PYTHONUNBUFFERED": "1",
        }
        self._launcher = Child(
            "demo",
            [sys.executable, "-m", "preciso.launcher"],
            values=self._values,
            log=self.data_dir / "log" / "demo.log",
        )

    def __enter__(self) -> Self:
        self._launcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        stop_all([self._launcher], grace=STOP_GRACE)
        shutil.rmtree(self.data_dir, ignore_errors=True)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}/"

    def wait_until_ready(self) -> None:
        self.wait_until(
            self._answers, within=READY_WITHIN, what="the web process answers"
        )

    def wait_until(self, look: Callable[[], Any], *, within: float, what: str) -> Any:
        """The first true answer. Raises DemoFailed when it takes too long."""
        deadline = time.monotonic() + within
        while not (answer := look()):
            if self._launcher.has_ended():
                raise DemoFailed("web and worker have ended")
            if time.monotonic() > deadline:
                raise DemoFailed(f"waited {within:.0f} s in vain until {what}")
            time.sleep(LOOK_EVERY)
        return answer

    def api_of(self, *people: str) -> list[Api]:
        """Sign in by token; the tokens are made side by side."""
        commands = [
            self._manage("create_token", name, "--days", "1") for name in people
        ]
        return [Api(self.port, _output(process).strip()) for process in commands]

    def verify_audit(self) -> str:
        """What the command says. Raises DemoFailed if the chain is broken."""
        return _output(self._manage("verify_audit"))

    def tail_of_logs(self, lines: int = 15) -> str:
        """What the processes said last."""
        parts = []
        for name in LOGS:
            log = self.data_dir / "log" / f"{name}.log"
            text = log.read_text(errors="replace") if log.exists() else ""
            if text:
                last = "\n".join(f"  {line}" for line in text.splitlines()[-lines:])
                parts.append(f"--- {name}\n{last}")
        return "\n".join(parts)

    def _manage(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 - words of this module alone
            [sys.executable, "manage.py", *words],
            cwd=BASE_DIR,
            env={**self._values, "DJANGO_SETTINGS_MODULE": "preciso.settings"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _output(process: subprocess.Popen[str]) -> str:
    output, complaint = process.communicate(timeout=READY_WITHIN)
    if process.returncode:
        raise DemoFailed(complaint.strip() or "a command failed")
    return output


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port

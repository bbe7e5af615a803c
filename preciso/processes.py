"""Child processes of the launcher: kept running, and ended with all they started."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
SETTLED_AFTER = 30
GRACE = 12
LONGEST_LOG = 10 * 1024 * 1024
SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>


class Child:
    """One process in a session of its own, its output in a file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        values: Mapping[str, str],
        log: Path,
        inherits: Sequence[int] = (),
    ) -> None:
        """``inherits``: open files by their numbers, the same in the child."""
        self.name, self.log = name, log
        self._command, self._values = command, values
        self._inherits = inherits
        self._pause, self._started = FIRST_PAUSE, 0.0
        self._start_at: float | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._set_old_log_aside()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._values,
                pass_fds=self._inherits,
                start_new_session=True,
                preexec_fn=_end_with_the_launcher,
            )
        self._started = time.monotonic()

    def keep_running(self) -> bool:
        """Start it again, after a pause that grows, if it has ended; whether it was."""
        if self._process is not None and self.has_ended():
            self.end()
            if time.monotonic() - self._started > SETTLED_AFTER:
                self._pause = FIRST_PAUSE
            self._start_at = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        if self._start_at is not None and time.monotonic() >= self._start_at:
            self._start_at = None
            self.start()
            return True
        return False

    def has_ended(self) -> bool:
        """Whether the process is gone. It is not reaped: its group keeps its number."""
        if self._process is None:
            return True
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, options) is not None

    def ask_to_end(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def end(self) -> int:
        """Kill what is left of the process and its group; the exit code, 0 if none."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        return process.wait()

    def _set_old_log_aside(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LONGEST_LOG:
            self.log.replace(self.log.with_suffix(".old.log"))


def stop_all(children: Iterable[Child], *, grace: float = GRACE) -> None:
    """End all: ask, wait at most `grace` seconds, kill what is left."""
    waiting = list(children)
    for child in waiting:
        child.ask_to_end()
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and not all(c.has_ended() for c in waiting):
        time.sleep(0.05)
    for child in waiting:
        child.end()


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_the_launcher() -> None:
    """Between fork and exec: be asked to end when the launcher itself is killed."""
    if _libc is not None:
        _libc.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)

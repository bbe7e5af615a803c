"""A trainer as a child process: started, followed through its files, ended."""

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from preciso import limits
from preciso.redaction import redact
from training.execution.job_handlers import JobProgress
from training.execution.memory import oom_kills

RUNNER = Path(__file__).with_name("runner.py")
READ_AT_MOST = 1 << 22  # bytes of log or events taken in at once
LONGEST_LINE = 1 << 14  # bytes; the rest of a longer line becomes the next line
LARGEST_STEP = 1 << 63
LONGEST_CODE, MOST_PARAMS = 40, 8  # of a step in words of the pages
NOT_AN_EVENT = (  # what reading a line that is no event can raise
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    RecursionError,
)

Metric = tuple[str, float, int]  # name, value, step


class Tail:
    """Follows a growing file and gives its complete lines.

    A file, never a pipe: a trainer must not stop because nobody reads.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""
        self.is_behind = False

    def lines(self, *, final: bool = False) -> list[bytes]:
        """New complete lines; with ``final`` also the last one without a newline.

        ``is_behind`` says afterwards that there is more to read at once.
        """
        new = b""
        with contextlib.suppress(FileNotFoundError), self._path.open("rb") as file:
            file.seek(self._offset)
            new = file.read(READ_AT_MOST)
        self._offset += len(new)
        self.is_behind = len(new) == READ_AT_MOST
        *whole, self._rest = (self._rest + new).split(b"\n")
        while len(self._rest) > LONGEST_LINE:
            whole.append(self._rest[:LONGEST_LINE])
            self._rest = self._rest[LONGEST_LINE:]
        if final and self._rest:
            whole.append(self._rest)
            self._rest = b""
        return whole

    def all_lines(self) -> Iterator[list[bytes]]:
        """What is left, in portions, once the child has ended."""
        while (portion := self.lines()) or self.is_behind:
            yield portion
        yield self.lines(final=True)


@dataclass
class TrainerEvents:
    """What a trainer has written to its events file so far.

    Of metrics a bounded number of names and values is kept; more are counted.
    """

    metrics: list[Metric] = field(default_factory=list)
    final: dict[str, float] = field(default_factory=dict)
    progress: JobProgress | None = None
    error: str = ""
    report: dict[str, Any] = field(default_factory=dict)
    left_out: int = 0  # values beyond the bounds
    not_finite: int = 0  # values that are no finite number
    _stored_values: int = 0
    _last: dict[str, Metric] = field(default_factory=dict)  # of names over the bound

    def read(self, lines: Sequence[bytes]) -> None:
        """Take in new lines; one that is no event is passed over."""
        for line in lines:
            try:
                event = json.loads(line, parse_constant=_no_number)
                self._take(_storable(event))
            except NOT_AN_EVENT:
                continue

    def _take(self, event: dict[str, Any]) -> None:
        match event.get("type"):
            case "metric":
                if event["value"] is None:  # so it is after ``_storable``
                    self.not_finite += 1
                    return
                value, step = float(event["value"]), int(event.get("step") or 0)
                if math.isfinite(value) and abs(step) < LARGEST_STEP:
                    self._measure((str(event["name"])[: limits.NAME], value, step))
            case "progress":
                fraction = event.get("fraction")
                done = None if fraction is None else min(1.0, max(0.0, float(fraction)))
                note = str(event.get("note") or "")[:200]
                self.progress = JobProgress(done, note, _step(event))
            case "error":
                self.error = str(event.get("message") or "")[:2000]
            case "report":
                self.report = dict(event["report"])

    def _measure(self, metric: Metric) -> None:
        name, value, _step = metric
        if name not in self.final and len(self.final) >= limits.METRICS:
            self.left_out += 1
            return
        self.final[name] = value
        if self._stored_values >= limits.METRIC_VALUES:
            self.left_out += 1
            self._last[name] = metric
            return
        self._stored_values += 1
        self.metrics.append(metric)

    def close(self) -> list[str]:
        """Give out the last value of each metric of which values were left out.

        Returns the lines of the log that say how many values are not kept, and why.
        """
        self.metrics += self._last.values()
        self.left_out -= len(self._last)
        self._last = {}
        lines = []
        if self.left_out:
            lines.append(
                f"... {self.left_out:,} values of metrics are left out: at most "
                f"{limits.METRICS} names and {limits.METRIC_VALUES:,} values are kept"
            )
        if self.not_finite:
            lines.append(
                f"... {self.not_finite:,} values of metrics are left out: "
                "NaN and infinity are not kept"
            )
        return lines

    def take_unreported(self) -> tuple[list[Metric], JobProgress | None]:
        """The metrics and the progress that came since this was last called."""
        unreported = self.metrics, self.progress
        self.metrics, self.progress = [], None
        return unreported


def _step(event: dict[str, Any]) -> dict[str, Any]:
    """The step of a progress event: a code, and parameters that are short and flat."""
    code, params = event.get("code"), event.get("params") or {}
    if not isinstance(code, str) or not 0 < len(code) <= LONGEST_CODE:
        return {}
    bounded = {
        name[:LONGEST_CODE]: value[: limits.NAME] if isinstance(value, str) else value
        for name, value in list(params.items())[:MOST_PARAMS]
        if isinstance(value, str | int | float)
    }
    return {"code": code, "params": bounded}


def _no_number(name: str) -> None:
    """NaN and Infinity are no JSON, and no database stores them as such: None."""


def _storable(value: Any) -> Any:
    """The value without what no database takes (NUL and half of a character pair in a
    text, and a number too large to be finite, as 1e999 is), and without the secrets of
    the environment: in names, notes, errors and reports."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case str():
            return redact(value.replace("\0", "").encode(errors="replace").decode())
        case list():
            return [_storable(item) for item in value]
        case dict():
            return {_storable(key): _storable(item) for key, item in value.items()}
    return value


class TrainerProcess:
    """A trainer under its runner, in a session (and so a process group) of its own."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        directory: Path,
        environment: dict[str, str],
        log: Path,
        grace: float,
    ) -> None:
        self._oom_kills = oom_kills()
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603  (the operator's command)
                [
                    sys.executable,
                    "-I",
                    str(RUNNER),
                    str(os.getpid()),
                    str(grace),
                    *command,
                ],
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def killed_for_memory(self) -> bool:
        """Whether the kernel killed something for memory while the child ran.

        It counts by control group, so that in a group with several children (slots)
        the kill of one makes the bad end of another look the same: both are retried.
        """
        return oom_kills() > self._oom_kills

    def wait(self, seconds: float) -> int | None:
        """The exit code, or None if it still runs after ``seconds``."""
        deadline = time.monotonic() + seconds
        while not self._has_ended():
            if time.monotonic() >= deadline:
                return None
            time.sleep(0.02)
        # The dead leader still holds its pid here, so the group is surely ours.
        self._signal(signal.SIGKILL)
        return self._process.wait()

    def _has_ended(self) -> bool:
        state = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return state is not None

    def stop(self, grace: float) -> int:
        """SIGTERM to the group, the grace, then SIGKILL. Returns the exit code."""
        self._signal(signal.SIGTERM)
        code = self.wait(grace)
        if code is None:
            self._signal(signal.SIGKILL)
            code = self.wait(60.0)
        return -signal.SIGKILL if code is None else code

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

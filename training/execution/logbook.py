"""Which lines of a log go into the database, and how they are cleaned.

The file keeps everything; the database keeps the first lines and the last ones, and
says how many are left out between them.
"""

import re
from collections import deque
from collections.abc import Iterable
from itertools import islice

from preciso.redaction import redact
from training.models import JobLogLine, PipelineJob

HEAD_LINES = 10_000
TAIL_LINES = 2_000
# CSI, OSC and two-character escapes of ECMA-48, as terminals understand them.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def clean(line: bytes) -> str:
    """A line as people read it: no escapes, no NUL, no secret of the environment.

    Bytes that are no UTF-8 become replacement characters; of a progress bar that
    rewrites its line, the last state is kept.
    """
    text = line.decode(errors="replace").rstrip("\r")
    text = text.rpartition("\r")[2]
    return redact(_CONTROLS.sub("", _ESCAPES.sub("", text)))


class Logbook:
    """Numbers and stores the log lines of one attempt."""

    def __init__(self, job: PipelineJob, last_seq: int) -> None:
        self._job = job
        self._seq = last_seq
        self._room = HEAD_LINES
        self._tail: deque[bytes] = deque(maxlen=TAIL_LINES)
        self._after_head = 0

    def rows(self, lines: list[bytes]) -> list[JobLogLine]:
        """Rows for the lines that still fit; the others wait for the end."""
        head, rest = lines[: self._room], lines[self._room :]
        self._room -= len(head)
        self._tail.extend(islice(rest, max(0, len(rest) - TAIL_LINES), None))
        self._after_head += len(rest)
        return self._numbered(clean(line) for line in head)

    def closing_rows(self) -> list[JobLogLine]:
        """The last lines, after a line that says how many are not shown."""
        left_out = self._after_head - len(self._tail)
        texts = [clean(line) for line in self._tail]
        if left_out:
            gap = f"... {left_out:,} lines are left out here; the complete log has them"
            texts.insert(0, gap)
        self._tail.clear()
        self._after_head = 0
        return self._numbered(texts)

    def _numbered(self, texts: Iterable[str]) -> list[JobLogLine]:
        rows = []
        for text in texts:
            self._seq += 1
            rows.append(
                JobLogLine(
                    job=self._job,
                    seq=self._seq,
                    attempt=self._job.attempt,
                    text=text,
                )
            )
        return rows

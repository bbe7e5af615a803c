"""The service log: warnings and errors of all processes, for people without a shell.

All processes of a machine append to one file in the data directory. A line is one
write to a file opened for appending, so lines of several processes never mix, and a
process that is stopped in the middle holds up nobody. A full file is renamed, and
replaces the file renamed before: `LONGEST` bounds both.

Neither tracebacks nor texts of exceptions are stored, for they may quote a customer's
facts. The type and the place say where to look in the complete log, which needs a
shell.

Nobody outside can push an error out of the log. What a client causes, such as a
refusal, is not written (the access log counts those). Of lines from one place in the
code, the first `MOST_ALIKE` in ten minutes are written, then how many more there were.
"""

import contextlib
import fcntl
import json
import logging
import os
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from preciso import request_id
from preciso.redaction import redact_addresses

LONGEST = 512 * 1024  # bytes of one file
LONGEST_MESSAGE = 1000
ALIKE_SECONDS, MOST_ALIKE = 600, 200  # of one place in the code and one process
MOST_PLACES = 500
OUR_CODE = (
    f"{os.sep}preciso{os.sep}",
    f"{os.sep}training{os.sep}",
    f"{os.sep}mlops{os.sep}",
)
CLIENTS = ("django.security",)
Place = tuple[str, int, str, int]  # logger, level, file, line

FIELDS = {
    "at",
    "level",
    "process",
    "host",
    "pid",
    "logger",
    "message",
    "failure",
    "request",
}


class ServiceLogHandler(logging.Handler):
    """Writes a record as one JSON line. Never raises: the terminal has it as well."""

    def __init__(self, level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self._window = 0
        self._alike: Counter[Place] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Called with the handler's lock held."""
        if _is_brought_about_by_a_client(record):
            return
        with contextlib.suppress(OSError):
            self._tell_left_out(record)
            if self._is_one_too_many(record):
                return
            _append(_line(record))

    def _tell_left_out(self, record: logging.LogRecord) -> None:
        """What the ten minutes before had more of than was written."""
        window = int(record.created) // ALIKE_SECONDS
        if window == self._window:
            return
        counted, self._alike, self._window = self._alike, Counter(), window
        for (name, level, path, line), count in counted.items():
            if count > MOST_ALIKE:
                text = "%d more lines like those before, from %s:%d, were left out."
                particulars = (count - MOST_ALIKE, Path(path).name, line)
                _append(
                    _line(
                        logging.LogRecord(
                            name, level, path, line, text, particulars, None
                        )
                    )
                )

    def _is_one_too_many(self, record: logging.LogRecord) -> bool:
        place = (record.name, record.levelno, record.pathname, record.lineno)
        if place in self._alike or len(self._alike) < MOST_PLACES:
            self._alike[place] += 1
        return self._alike[place] > MOST_ALIKE


def _is_brought_about_by_a_client(record: logging.LogRecord) -> bool:
    """A refusal, a wrong address, a forged header, a wrong password once more."""
    if record.name == "django.request":
        return bool(getattr(record, "status_code", 500) < 500)
    return record.name.startswith(CLIENTS)


def newest_first() -> Iterator[dict[str, Any]]:
    """The lines of both files; one that is torn or was tampered with is left out."""
    for path in (_path(), _set_aside()):
        with contextlib.suppress(OSError):
            for line in reversed(path.read_bytes().splitlines()):
                with contextlib.suppress(ValueError):
                    entry = json.loads(line)
                    if isinstance(entry, dict) and entry.keys() >= FIELDS:
                        yield entry


def _line(record: logging.LogRecord) -> bytes:
    entry = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
        "level": record.levelname,
        "process": _process(sys.argv),
        "host": socket.gethostname(),
        "pid": record.process,
        "logger": record.name,
        "message": redact_addresses(record.getMessage())[:LONGEST_MESSAGE],
        "failure": _failure(record),
        "request": request_id.current(),
    }
    return json.dumps(entry, ensure_ascii=False).encode(errors="replace") + b"\n"


def _failure(record: logging.LogRecord) -> str:
    """The type of what was raised, and the last of our own lines it came through."""
    kind, _error, trace = record.exc_info or (None, None, None)
    if kind is None:
        return ""
    place = ""
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if any(part in name for part in OUR_CODE) and "site-packages" not in name:
            place = f"{Path(name).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{kind.__name__} {place}".strip()


def _process(argv: list[str]) -> str:
    if "run_huey" in argv:
        return "worker"
    is_web = any("preciso.wsgi" in word or word == "runserver" for word in argv)
    return "web" if is_web else "command"


def _append(line: bytes) -> None:
    path = _path()
    path.parent.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, line)
        if os.fstat(handle).st_size > LONGEST:
            _set_full_one_aside(handle)
    finally:
        os.close(handle)


def _set_full_one_aside(handle: int) -> None:
    """By one process; whoever comes meanwhile goes on writing to the full one."""
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), _path().stat()):
            _path().replace(_set_aside())


def _path() -> Path:
    return Path(settings.DATA_DIR) / "log" / "service.jsonl"


def _set_aside() -> Path:
    return _path().with_suffix(".1.jsonl")

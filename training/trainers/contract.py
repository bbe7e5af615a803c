"""The trainer contract, for trainers written in Python.

The worker tells a trainer through the environment what to read and where to write;
the trainer answers with a log on stdout, an events file, an output directory and an
exit code. See docs/trainers.md.
"""

import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

EXIT_BAD_ARGUMENTS = 64  # EX_USAGE and EX_DATAERR of sysexits.h
EXIT_BAD_DATA = 65
EXIT_TERMINATED = 143

log = logging.getLogger("trainer")


class DataError(Exception):
    """The input is wrong, so a retry would fail again; the text is shown to people."""

    exit_code = EXIT_BAD_DATA


class ArgumentError(DataError):
    """The training arguments are wrong, not the cases."""

    exit_code = EXIT_BAD_ARGUMENTS


@dataclass(frozen=True)
class Request:
    """What the worker asks for."""

    train_file: Path
    eval_file: Path | None
    output_dir: Path
    events_file: Path
    args: dict[str, Any]

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Request":
        """Raises DataError if a variable is missing or the arguments are not JSON."""
        needed = ("PRECISO_TRAIN_FILE", "PRECISO_OUTPUT_DIR", "PRECISO_EVENTS_FILE")
        missing = [name for name in needed if not environment.get(name)]
        if missing:
            raise DataError(f"The worker did not say {' and '.join(missing)}.")
        try:
            args = json.loads(environment.get("PRECISO_TRAINING_ARGS") or "{}")
        except ValueError:
            args = None
        if not isinstance(args, dict):
            raise ArgumentError(
                'The training arguments must be a JSON object, as {"seed": 1}.'
            )
        evaluation = environment.get("PRECISO_EVAL_FILE")
        return cls(
            train_file=Path(environment["PRECISO_TRAIN_FILE"]),
            eval_file=Path(evaluation) if evaluation else None,
            output_dir=Path(environment["PRECISO_OUTPUT_DIR"]),
            events_file=Path(environment["PRECISO_EVENTS_FILE"]),
            args=args,
        )


class Events:
    """Appends events to the events file, one JSON line each, at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def metric(self, name: str, value: float, step: int | None = None) -> None:
        self._append({"type": "metric", "name": name, "value": value, "step": step})

    def progress(
        self, fraction: float, note: str, code: str = "", **params: str | float
    ) -> None:
        """``code`` names a note that the pages can say in other languages.

        ``params`` are the values in it. Without a code the note is shown as it is.
        """
        step = {"code": code, "params": params} if code else {}
        done = round(fraction, 4)
        self._append({"type": "progress", "fraction": done, "note": note, **step})

    def report(self, report: Mapping[str, Any]) -> None:
        self._append({"type": "report", "report": report})

    def error(self, message: str) -> None:
        self._append({"type": "error", "message": message})

    def _append(self, event: Mapping[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event, ensure_ascii=False, allow_nan=False) + "\n")


def run(train: Callable[[Request, Events], None]) -> int:
    """Run a trainer and return its exit code; SIGTERM raises SystemExit(143)."""
    signal.signal(signal.SIGTERM, _leave)
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
    events_file = os.environ.get("PRECISO_EVENTS_FILE")
    try:
        request = Request.read(os.environ)
        train(request, Events(request.events_file))
    except DataError as refusal:
        log.info("Stopped: %s", refusal)
        if events_file:
            Events(Path(events_file)).error(str(refusal))
        return refusal.exit_code
    return 0


def _leave(_signal: int, _frame: FrameType | None) -> None:
    log.info("Asked to stop; leaving.")
    raise SystemExit(EXIT_TERMINATED)

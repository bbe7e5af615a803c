"""Carries what a trainer writes to its files into the database while it runs."""

import logging

from django.db import DatabaseError

from training.choices import JobWarning
from training.execution.attempt_logs import store_log
from training.execution.job_handlers import AttemptLost, Context
from training.execution.logbook import clean
from training.execution.supervisor import Tail, TrainerEvents, TrainerProcess

logger = logging.getLogger(__name__)
FOLLOW_EVERY = 0.5  # seconds between looks at the log, the events and the row
LAST_LINES = 40  # shown with a failure


class TrainerStream:
    """Reads a trainer's log and events file, and reports what is new."""

    def __init__(self, context: Context, log: Tail, events: Tail) -> None:
        self._context = context
        self._log = log
        self._tail = events
        self._last: list[bytes] = []
        self.events = TrainerEvents()

    @property
    def last_lines(self) -> list[str]:
        return [clean(line) for line in self._last]

    def follow(self, process: TrainerProcess) -> int:
        """Report until the trainer has ended; returns its exit code."""
        pause = FOLLOW_EVERY
        while (code := process.wait(pause)) is None:
            self._report(self._log.lines(), self._tail.lines())
            self._context.check()
            pause = 0.0 if self._log.is_behind else FOLLOW_EVERY
        return code

    def finish(self) -> None:
        """Report what was written since the last look, to the end; store the log."""
        for lines in self._log.all_lines():
            self._report(lines, [])
        for lines in self._tail.all_lines():
            self._report([], lines)
        closing_lines = self.events.close()
        if self.events.left_out:
            self._context.warn(JobWarning.METRICS_LEFT_OUT)
        self._report([line.encode() for line in closing_lines], [])
        self._context.close_log()
        store_log(self._context.attempt, self._context.keep_lease)

    def finish_after_stop(self) -> None:
        """As ``finish``, of a trainer that was stopped: why it was stopped matters
        more than an error here."""
        try:
            self.finish()
        except (AttemptLost, DatabaseError, OSError):
            logger.warning("%s: last lines lost", self._context.job, exc_info=True)

    def _report(self, lines: list[bytes], event_lines: list[bytes]) -> None:
        self._last = [*self._last, *lines][-LAST_LINES:]
        self.events.read(event_lines)
        metrics, progress = self.events.take_unreported()
        if lines or metrics or progress:
            self._context.report(lines=lines, metrics=metrics, progress=progress)

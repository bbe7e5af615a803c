"""Which function does the work of which kind of job.

Handlers register themselves at start-up; execution only looks them up here, so no
import runs upwards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from training.choices import JobWarning
from training.models import JobAttempt, PipelineJob


class JobFailed(Exception):
    """The work cannot be done, for a reason of the catalogue."""

    def __init__(self, reason: str, detail: str = "", trace: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.trace = trace


class JobCanceled(Exception):
    """A person asked for it, and the work was stopped."""


class AttemptLost(Exception):
    """The job is no longer this worker's: another attempt has it, or it has ended."""


@dataclass
class JobResult:
    """What a handler returns when the work is done.

    ``output`` is kept with the job. ``publish`` runs inside the transaction that ends
    the job, and what it returns is added to the output.
    """

    output: dict[str, Any] = field(default_factory=dict)
    publish: Callable[[], dict[str, Any]] = dict


class JobProgress(NamedTuple):
    """How far the work is: a share from 0 to 1, and words about what is being done.

    ``step`` says the same as ``{"code", "params"}``, so that pages can say it in the
    reader's language; without one the words are shown as they are.
    """

    fraction: float | None
    note: str = ""
    step: dict[str, Any] = {}


class Context(Protocol):
    """What a handler may ask of the worker that runs it."""

    job: PipelineJob

    @property
    def attempt(self) -> JobAttempt:
        """The attempt that is being made."""

    @property
    def directory(self) -> Path:
        """Where the attempt works; made when first asked for."""

    @property
    def grace(self) -> float:
        """Seconds a child has between being asked to end and being killed."""

    def report(
        self,
        *,
        lines: Sequence[str | bytes] = (),
        metrics: Sequence[tuple[str, float, int]] = (),
        progress: JobProgress | None = None,
    ) -> None:
        """Store log lines, metrics and progress, and renew the lease.

        Raises AttemptLost when the job is no longer this attempt's. What cannot be
        written, because the database is away, is written with the next report.
        """

    def warn(self, warning: JobWarning) -> None:
        """Keep a warning in the job's history."""

    def close_log(self) -> None:
        """Store the last lines of a log that was too long to store whole."""

    def check(self) -> None:
        """Renew the lease if it is time; see whether to go on.

        Raises AttemptLost, JobCanceled, or JobFailed (``worker_stopped``,
        ``timeout``). Without the database it goes on while the lease lasts.
        """

    def keep_lease(self) -> None:
        """Renew the lease if it is time, and nothing else. Raises AttemptLost.

        Without the database it goes on while the lease lasts.
        """


Handler = Callable[[Context], JobResult]
AfterEnd = Callable[[PipelineJob], None]
_handlers: dict[str, Handler] = {}
_slots: dict[str, Callable[[], int]] = {}
_after_end: dict[str, AfterEnd] = {}


def one_at_a_time() -> int:
    return 1


def do_nothing(job: PipelineJob) -> None:
    """Most kinds do nothing more when a job has ended."""


def register(
    kind: str,
    handler: Handler,
    *,
    slots: Callable[[], int] = one_at_a_time,
    after_end: AfterEnd = do_nothing,
) -> None:
    """Say which function does the work of a kind of job.

    ``slots`` says how many jobs of the kind may run at once; 0 holds them all.
    ``after_end`` is called when a worker or a reaper ended a job for good (completed,
    failed, dead_letter, canceled), in the same transaction and after the result was
    published. If it raises, what it wrote is undone and the job has ended all the same.
    """
    _handlers[kind] = handler
    _slots[kind] = slots
    _after_end[kind] = after_end


def handler_for(kind: str) -> Handler | None:
    return _handlers.get(kind)


def after_end_of(kind: str) -> AfterEnd:
    return _after_end.get(kind, do_nothing)


def all_slots() -> dict[str, list[str]]:
    """The names of the slots of every kind: as many as may run at once."""
    return {
        kind: [f"{kind}:{number}" for number in range(1, slots() + 1)]
        for kind, slots in _slots.items()
    }


@dataclass(frozen=True)
class Loop:
    """Something every worker process does again and again, beside the jobs."""

    name: str
    seconds: float
    function: Callable[[], object]


_loops: dict[str, Loop] = {}


def register_loop(name: str, seconds: float, function: Callable[[], object]) -> None:
    """``function`` must be harmless when several workers run it at once."""
    _loops[name] = Loop(name, seconds, function)


def loops() -> list[Loop]:
    return list(_loops.values())

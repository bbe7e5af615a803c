"""The complete log of a job or of one attempt, in portions that can be streamed."""

from collections.abc import Iterator
from itertools import chain

from django.utils.translation import gettext as _

from training.execution.attempt_logs import open_log
from training.models import JobAttempt, PipelineJob


def attempt_log(attempt: JobAttempt) -> Iterator[bytes]:
    """All that the attempt wrote, from its file.

    Where the file is not on this machine, the lines that the database holds of it.
    """
    portions = open_log(attempt)
    try:
        first = next(portions, b"")
    except OSError:
        first = b""
    if first:
        return chain([first], portions)
    return _stored_lines(attempt.job, attempt.number)


def _stored_lines(job: PipelineJob, number: int) -> Iterator[bytes]:
    rows = job.log_lines.filter(attempt=number).order_by("seq")
    for text in rows.values_list("text", flat=True).iterator():
        yield f"{text}\n".encode()


def whole_log(job: PipelineJob) -> Iterator[bytes]:
    """The logs of all attempts, oldest first, each under a heading if several."""
    attempts = {attempt.number: attempt for attempt in job.attempts.all()}
    with_lines = job.log_lines.values_list("attempt", flat=True).order_by().distinct()
    numbers = sorted({*attempts, *with_lines})
    for number in numbers:
        if len(numbers) > 1:
            yield f"=== {_('Attempt')} {number} ===\n".encode()
        attempt = attempts.get(number)
        yield from attempt_log(attempt) if attempt else _stored_lines(job, number)

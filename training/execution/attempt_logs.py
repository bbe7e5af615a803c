"""The complete log of an attempt, stored where every machine can read it."""

import gzip
import logging
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages

from preciso import clock
from training.choices import JobStatus
from training.models import JobAttempt

logger = logging.getLogger(__name__)
CHUNK = 1 << 20  # bytes
LOG_FILE = "log.txt"


def store_log(attempt: JobAttempt, tick: Callable[[], object] = lambda: None) -> None:
    """Store the attempt's log file, compressed, without the environment's secrets.

    ``tick`` is called again and again meanwhile: a long log must not cost the lease.
    Storing it twice changes nothing.
    """
    path = Path(attempt.directory) / LOG_FILE
    if attempt.log_name or not path.is_file():
        return
    with TemporaryFile() as compressed:
        with (
            path.open("rb") as log,
            gzip.open(compressed, "wb", compresslevel=1) as writer,
        ):
            for chunk in _redacted(log):
                writer.write(chunk)
                tick()
        compressed.seek(0)
        attempt.log_name = storages["artifacts"].save(
            f"logs/job-{attempt.job_id}/attempt-{attempt.number}.log.gz",
            File(compressed),
        )
    attempt.save(update_fields=["log_name"])


def _redacted(log: BinaryIO) -> Iterator[bytes]:
    """Portions that end with a line, so that no secret is cut in two."""
    secrets = [secret.encode() for secret in settings.SECRETS]
    while chunk := log.read(CHUNK):
        chunk += log.readline(CHUNK)
        for secret in secrets:
            chunk = chunk.replace(secret, b"[redacted]")
        yield chunk


def open_log(attempt: JobAttempt) -> Iterator[bytes]:
    """The complete log in chunks: the stored one, else the file if it is here."""
    if attempt.log_name:
        with (
            storages["artifacts"].open(attempt.log_name, "rb") as compressed,
            gzip.open(compressed, "rb") as log,
        ):
            while chunk := log.read(CHUNK):
                yield chunk
        return
    path = Path(attempt.directory) / LOG_FILE
    if path.is_file():
        with path.open("rb") as log:
            yield from _redacted(log)


def store_leftover_logs(attempts: list[JobAttempt]) -> None:
    """Store logs of attempts whose worker died here before it could."""
    for attempt in attempts:
        try:
            store_log(attempt)
        except OSError:
            logger.warning("the log of %s was not stored", attempt, exc_info=True)


def store_logs_of_dead_workers() -> None:
    """Store the logs of ended attempts whose worker died on this machine."""
    for directory in _work_directories():
        attempt = JobAttempt.objects.filter(directory=str(directory)).first()
        if attempt is not None and attempt.ended_at is not None:
            store_leftover_logs([attempt])


def _work_directories() -> list[Path]:
    return sorted(Path(settings.DATA_DIR, "attempts").glob("job-*/attempt-*"))


def tidy_attempts(*, older_than: timedelta = timedelta(days=14)) -> int:
    """Remove work directories that nothing needs any more. Returns how many.

    Those of completed jobs go at once: model and log are stored. Others stay for a
    while, to be looked into.
    """
    store_logs_of_dead_workers()
    removed = 0
    for directory in _work_directories():
        attempt = JobAttempt.objects.filter(directory=str(directory)).first()
        if attempt is not None:  # without a row nobody can ask for it
            if attempt.ended_at is None:
                continue
            is_stored = attempt.outcome == JobStatus.COMPLETED and attempt.log_name
            if not is_stored and attempt.ended_at >= clock.database_now() - older_than:
                continue
        shutil.rmtree(directory, ignore_errors=True)
        removed += 1
    return removed

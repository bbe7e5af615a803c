"""The database's clock, which stamps everything whose order or time must be proved.

Web and worker may run on several machines, whose clocks differ. Rows of two machines
can be put in order only by one clock, and all of them share the database's.
"""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models.functions import Now
from django.db.models.sql import Query

RESOLUTION = timedelta(milliseconds=1)  # SQLite's; two moments may fall together in it
TOLERANCE = timedelta(seconds=2)
# Pieces of SQL for triggers. SQLite counts in milliseconds: its now is the end of the
# current one, so that nothing written in it lies later.
IN_SQLITE = {
    "differs": "IS NOT",
    "now": "STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW', '+0.001 seconds')",
    "week_ago": "STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW', '-7 days')",
}
IN_POSTGRESQL = {
    "differs": "IS DISTINCT FROM",
    "now": "CLOCK_TIMESTAMP()",
    "week_ago": "(CLOCK_TIMESTAMP() - INTERVAL '7 days')",
}
COMPARE_EVERY = 10.0  # seconds
LONGEST_WAIT = 10.0  # seconds for the process that tells the machine's time
TELL_TIME = [sys.executable, "-I", "-S", "-c", "import time; print(time.time())"]


class DatabaseNow(Now):
    """The moment of the statement, by the database's clock.

    PostgreSQL tells microseconds, SQLite milliseconds: rows are put in order by their
    ids where two may fall together. SQLite's text is written as Django writes a
    datetime (six digits, none where all are zero), so that texts compare as moments do.
    """

    def as_sqlite(self, compiler, connection, **extra_context):  # type: ignore[no-untyped-def]
        return self.as_sql(
            compiler,
            connection,
            template="REPLACE(STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f000', "
            "'NOW'), '.000000', '')",
            **extra_context,
        )


def database_now() -> datetime:
    """What the database's clock says now; one small query."""
    text = (
        "SELECT STRFTIME('%Y-%m-%dT%H:%M:%f', 'NOW')"
        if connection.vendor == "sqlite"
        else "SELECT CLOCK_TIMESTAMP()"
    )
    with connection.cursor() as cursor:
        cursor.execute(text, None)
        return as_moment(cursor.fetchone()[0])


def now_in_sql() -> tuple[str, list[Any]]:
    """``DatabaseNow()`` as a piece of a statement, and its parameters.

    For a statement that is written by hand; ``as_moment`` reads what it gives.
    """
    sql, parameters = connection.ops.compiler("SQLCompiler")(
        Query(None), connection, None
    ).compile(DatabaseNow())
    return sql, list(parameters)


def as_moment(value: str | datetime) -> datetime:
    """A moment that a database returned: SQLite returns text in UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


class ProcessClock:
    """How far this process's clock is from the database's.

    PostgreSQL's server has a clock of its own. SQLite runs inside this process and has
    its clock, which a variable of the environment may have falsified (libfaketime). So
    with SQLite a process with an empty environment is asked for the machine's time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._measured = timedelta(0)
        self._again_at = 0.0

    def ahead(self) -> timedelta:
        """By how much this process's clock is ahead; negative if it is behind.

        Measured at most every ten seconds.
        """
        with self._lock:
            if time.monotonic() >= self._again_at:
                self._measured = self._measure()
                self._again_at = time.monotonic() + COMPARE_EVERY
            return self._measured

    def is_wrong(self) -> bool:
        return abs(self.ahead()) > TOLERANCE

    def corrected_time(self) -> float:
        """Seconds since 1970 by the database's clock, as far as was measured last.

        Asks nothing, for it is needed with each request; a web process measures every
        half minute, in a thread of its own.
        """
        return time.time() - self._measured.total_seconds()

    def forget(self) -> None:
        """Correct nothing, and measure anew when asked next."""
        self._measured, self._again_at = timedelta(0), 0.0

    def _measure(self) -> timedelta:
        before = time.time()
        reference = self._reference()
        after = time.time()
        # The other clock was read between the two, so only what lies outside of them is
        # a difference, however long the answer took.
        return timedelta(seconds=max(before - reference, 0) - max(reference - after, 0))

    def _reference(self) -> float:
        if connection.vendor == "sqlite":
            return _machine_time()
        return database_now().timestamp()


def _machine_time() -> float:
    """The time by a process of its own, with an empty environment.

    If none can be started it is this process's own time: then no difference is known.
    """
    try:
        process = subprocess.run(  # noqa: S603 - our own interpreter and our own words
            TELL_TIME, env={}, capture_output=True, check=True, timeout=LONGEST_WAIT
        )
        return float(process.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return time.time()


PROCESS_CLOCK = ProcessClock()

"""The database's clock: the one that stamps whatever orders or proves.

Web and worker may run on several machines, whose clocks differ. Two rows written by two
of them are told apart, and put in order, by the clock of the database alone.
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
# Words of a trigger. SQLite's now is the end of its millisecond: nothing written in it
# is later.
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
    sql, given = connection.ops.compiler("SQLCompiler")(
        Query(None), connection, None
    ).compile(DatabaseNow())
    return sql, list(given)


def as_moment(told: str | datetime) -> datetime:
    """What a database gave for a moment: SQLite gives text."""
    if isinstance(told, str):
        return datetime.fromisoformat(told).replace(tzinfo=UTC)
    return told


class ProcessClock:
    """How far this process's clock is from the one that counts.

    PostgreSQL's server has a clock of its own. SQLite runs inside this process and has
    this process's clock, so there another process, without what may have been put into
    the environment of this one, is asked what time the machine has.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._measured = timedelta(0)
        self._again_at = 0.0

    def ahead(self) -> timedelta:
        """By how much it is ahead; negative if it is behind, zero if nothing is seen.

        Measured anew at most every ten seconds.
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
        told = self._told()
        after = time.time()
        # Between the two the answer was given; how long it took is nobody's error.
        return timedelta(seconds=max(before - told, 0) - max(told - after, 0))

    def _told(self) -> float:
        if connection.vendor == "sqlite":
            return _machine_time()
        return database_now().timestamp()


def _machine_time() -> float:
    """What a process of its own, with an empty environment, takes for the time.

    Our own where none can be started: then nothing is known against it.
    """
    try:
        told = subprocess.run(  # noqa: S603 - our own interpreter and our own words
            TELL_TIME, env={}, capture_output=True, check=True, timeout=LONGEST_WAIT
        )
        return float(told.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return time.time()


PROCESS_CLOCK = ProcessClock()

"""The database's clock: the one that stamps whatever orders or proves.

Web and worker may run on several machines, whose clocks differ. Two rows written by two
of them are told apart, and put in order, by the clock of the database alone.
"""

from datetime import UTC, datetime

from django.db import connection
from django.db.models.functions import Now


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
        answer: str | datetime = cursor.fetchone()[0]
    if isinstance(answer, str):
        return datetime.fromisoformat(answer).replace(tzinfo=UTC)
    return answer

# ruff: noqa: S608  (composed of this module's own texts; every value is a placeholder)
"""How a job moves, in SQL: the row, its history, and what belongs to both.

PostgreSQL gets one statement, which is one journey to the server and whole by itself::

    WITH moved AS (UPDATE training_pipelinejob ... RETURNING ...),
         along0 AS (INSERT INTO training_jobevent ... SELECT ... FROM moved),
         along1 AS (...)
    SELECT ... FROM moved

What goes along reads from ``moved``: where no row moved, nothing is written. SQLite
knows no WITH that writes; it gets the same texts one after the other, as the only
writer, with ``moved`` standing for the row that was just updated.

The ORM did the same in two to four statements for each move, and compiled every one
of them anew: three quarters of a worker's time (docs/jobs.md has the figures).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, TypeVar

from django.db import connection, models, transaction
from django.db.models.expressions import DatabaseDefault
from django.db.models.functions import Now
from django.db.models.sql import Query

from preciso.clock import DatabaseNow
from training.models.audit import Actor
from training.models.job_movers import Mover

JOB, EVENT, ATTEMPT = (
    f"training_{name}" for name in ("pipelinejob", "jobevent", "jobattempt")
)

Job = TypeVar("Job", bound=models.Model)


@dataclass(frozen=True)
class Sql:
    """A piece of SQL and the values of its placeholders."""

    text: str
    values: tuple[Any, ...] = ()


class Pick(Protocol):
    """Which row moves."""

    @property
    def select(self) -> Sql:
        """The row's id and status."""

    def update(self, setting: Sql, allowed: Sequence[str]) -> Sql:
        """PostgreSQL's way: find it, hold it and write it at once.

        Returns the row as it is now, and as ``was`` its status before.
        """


@dataclass(frozen=True)
class TheRow:
    """The row that ``where`` describes, its status among the rest."""

    where: Sql
    was: str

    @property
    def select(self) -> Sql:
        text = f"SELECT id, status FROM {JOB} WHERE {self.where.text}"
        return Sql(text, self.where.values)

    def update(self, setting: Sql, allowed: Sequence[str]) -> Sql:
        return Sql(
            f"UPDATE {JOB} SET {setting.text} WHERE {self.where.text} "
            f"AND status IN ({_places(allowed)}) RETURNING *, CAST(%s AS text) AS was",
            (*setting.values, *self.where.values, *allowed, self.was),
        )


@dataclass(frozen=True)
class FirstRow:
    """The first row of a query; one that is held elsewhere may be passed over."""

    select: Sql
    skip_locked: bool

    def update(self, setting: Sql, allowed: Sequence[str]) -> Sql:
        # As a WITH it is run once; as a subquery of the UPDATE it might be run again.
        lock = "FOR NO KEY UPDATE" + " SKIP LOCKED" * self.skip_locked
        return Sql(
            f"WITH picked AS ({self.select.text} {lock}) "
            f"UPDATE {JOB} SET {setting.text} FROM picked "
            f"WHERE {JOB}.id = picked.id AND picked.status IN ({_places(allowed)}) "
            f"RETURNING {JOB}.*, picked.status AS was",
            (*self.select.values, *setting.values, *allowed),
        )


def _places(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


@dataclass(frozen=True)
class Move:
    """One row gets another status, and what is written along with it.

    ``allowed`` are the statuses from which it may move. Each of ``along`` reads from
    ``moved``: the row as it is now, and as ``was`` the status before.
    """

    pick: Pick
    allowed: Sequence[str]
    setting: Sql
    along: Sequence[Sql]

    def carry_out(self) -> bool:
        """Whether there was such a row. If not, nothing was written."""
        if connection.vendor == "postgresql":
            statement = self._as_one("id")
            with connection.cursor() as cursor:
                cursor.execute(statement.text, statement.values)
                return cursor.fetchone() is not None
        return bool(self._one_by_one())

    def carry_out_and_read(self, model: type[Job]) -> Job | None:
        """The row as it is now; None if there was no such row."""
        if connection.vendor == "postgresql":
            rows = self._as_one("*")
        else:
            rows = Sql(f"SELECT * FROM {JOB} WHERE id = %s", (self._one_by_one(),))
        return next(iter(model._default_manager.raw(rows.text, rows.values)), None)

    def _as_one(self, columns: str) -> Sql:
        parts = [self.pick.update(self.setting, self.allowed), *self.along]
        names = ["moved", *(f"along{number}" for number in range(len(self.along)))]
        withs = ", ".join(
            f"{name} AS ({part.text})" for name, part in zip(names, parts, strict=True)
        )
        values = tuple(chain.from_iterable(part.values for part in parts))
        return Sql(f"WITH {withs} SELECT {columns} FROM moved", values)

    @transaction.atomic
    def _one_by_one(self) -> int | None:
        """The id of the row. There is one writer at a time, so what was seen holds."""
        with connection.cursor() as cursor:
            cursor.execute(self.pick.select.text, self.pick.select.values)
            found = cursor.fetchone()
            if found is None or found[1] not in self.allowed:
                return None
            pk, was = found
            update = f"UPDATE {JOB} SET {self.setting.text} WHERE id = %s"
            cursor.execute(update, (*self.setting.values, pk))
            moved = f"WITH moved AS (SELECT *, %s AS was FROM {JOB} WHERE id = %s)"
            for part in self.along:
                cursor.execute(f"{moved} {part.text}", (was, pk, *part.values))
        return int(pk)


def setting(model: type[models.Model], changes: dict[str, Any]) -> Sql:
    """The columns to write: values, expressions of the ORM, or SQL."""
    texts: list[str] = []
    values: list[Any] = []
    for name, value in changes.items():
        field: Any = model._meta.get_field(name)
        piece = _piece(field, value)
        texts.append(f"{field.column} = {piece.text}")
        values += piece.values
    return Sql(", ".join(texts), tuple(values))


def _piece(field: Any, value: Any) -> Sql:
    """A value as the field stores it; an expression of the ORM as its SQL."""
    if isinstance(value, Sql):
        return value
    if hasattr(value, "resolve_expression"):
        return _compiled(field.model._default_manager.all().query, value)
    if hasattr(value, "prepare_database_save"):
        value = value.prepare_database_save(field)
    return Sql("%s", (field.get_db_prep_save(value, connection),))


def _compiled(query: Query, expression: Any) -> Sql:
    resolved = expression.resolve_expression(query, allow_joins=False)
    text, values = query.get_compiler(connection=connection).compile(resolved)
    return Sql(text, tuple(values))


@cache
def seconds_from_now(seconds: float) -> Sql:
    """A moment by the database's clock."""
    return _compiled(Query(None), Now() + timedelta(seconds=seconds))


def now_unless_set(column: str) -> Sql:
    now = this_moment()
    return Sql(f"COALESCE({JOB}.{column}, {now.text})", now.values)


def next_attempt() -> Sql:
    return Sql(f"{JOB}.attempt + 1")


def by_kind(texts: dict[str, str]) -> Sql:
    """The text that belongs to the job's kind."""
    cases = " ".join(["WHEN %s THEN %s"] * len(texts))
    values = chain.from_iterable(texts.items())
    return Sql(f"CASE {JOB}.kind {cases} END", tuple(values))


def taken_slots() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT slot FROM {JOB} WHERE slot IS NOT NULL")
        return {slot for (slot,) in cursor.fetchall()}


def first_of(jobs: models.QuerySet[Any], *, skip_locked: bool) -> FirstRow:
    text, values = jobs.values("id", "status")[:1].query.sql_with_params()
    return FirstRow(Sql(text, values), skip_locked)


def this_row(job: Any, only_if: models.Q) -> TheRow:
    """The row of this instance, if it is as the instance knows it, and ``only_if``."""
    text = "id = %s AND attempt = %s AND status = %s"
    values = (job.pk, job.attempt, job.status)
    if only_if:
        condition = _compiled(type(job)._default_manager.all().query, only_if)
        text, values = f"{text} AND {condition.text}", (*values, *condition.values)
    return TheRow(Sql(text, values), job.status)


def this_moment() -> Sql:
    """Now, by the database's clock."""
    return _compiled(Query(None), DatabaseNow())


def inserting(row: models.Model) -> Sql:
    """A row that is written if the job moved."""
    fields = [f for f in row._meta.concrete_fields if not f.primary_key]
    columns = ", ".join(str(field.column) for field in fields)
    pieces = [_piece(field, _added(field, row)) for field in fields]
    texts = ", ".join(piece.text for piece in pieces)
    values = chain.from_iterable(piece.values for piece in pieces)
    return Sql(
        f"INSERT INTO {row._meta.db_table} ({columns}) SELECT {texts} FROM moved",
        tuple(values),
    )


def _added(field: Any, row: models.Model) -> Any:
    """The value that the row gets; SELECT knows no DEFAULT, so its expression there."""
    value = field.pre_save(row, add=True)
    return field.db_default if isinstance(value, DatabaseDefault) else value


def telling(mover: Mover, *, actor: Actor = None, reason: str = "") -> Sql:
    """The move's row of history."""
    now = this_moment()
    person = actor.pk if actor else None
    return Sql(
        f"INSERT INTO {EVENT} (job_id, at, attempt, was, became, "
        'actor_id, "by", role, worker, reason, note, warning) '
        f"SELECT id, {now.text}, attempt, was, status, "
        "%s, %s, %s, %s, %s, '', '' FROM moved",
        (*now.values, person, mover.by, mover.role.value, mover.worker, reason),
    )


def beginning_attempt(directory: Path) -> Sql:
    """The row of the attempt that begins; it works somewhere below ``directory``."""
    now = this_moment()
    return Sql(
        f"INSERT INTO {ATTEMPT} (job_id, number, worker, started_at, "
        "outcome, reason, trace, log_name, directory) "
        f"SELECT id, attempt, worker, {now.text}, '', '', '', '', "
        "CAST(%s AS text) || '/job-' || id || '/attempt-' || attempt FROM moved",
        (*now.values, str(directory)),
    )


def ending_attempt() -> Sql:
    """How the attempt ended, as its job has it now."""
    now = this_moment()
    return Sql(
        f"UPDATE {ATTEMPT} SET ended_at = {now.text}, outcome = moved.status, "
        "reason = moved.reason, trace = moved.trace FROM moved "
        "WHERE job_id = moved.id AND number = moved.attempt AND ended_at IS NULL",
        now.values,
    )

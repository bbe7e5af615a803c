"""Another time of day: for code that asks ``timezone.now()``, and for statements that
ask the database.

The database's clock itself cannot be moved, so a set moment is written into the
statements as a value, and the rule that compares with that clock is taken down.
"""

import time
from contextlib import suppress
from datetime import timedelta

from django.db.models.expressions import DatabaseDefault
from django.utils import timezone

from preciso import clock
from training.dbrules import take_down


class Clock:
    """Real time, or the moment it was set to."""

    def __init__(self, monkeypatch):
        self._real = timezone.now
        self._moment = None
        monkeypatch.setattr(timezone, "now", self)
        self._write_into_statements(monkeypatch)

    def __call__(self):
        return self._moment or self._real()

    def set(self, moment):
        if self._moment is None:
            _take_down_the_rule()
        self._moment = moment

    def advance(self, **duration):
        self.set(self() + timedelta(**duration))

    def _write_into_statements(self, monkeypatch):
        compiled, default = clock.DatabaseNow.as_sql, DatabaseDefault.as_sql
        asked = clock.database_now

        def now(expression, compiler, connection, **extra):
            if self._moment is None:
                return compiled(expression, compiler, connection, **extra)
            return "%s", [connection.ops.adapt_datetimefield_value(self._moment)]

        def by_default(expression, compiler, connection):
            if self._moment and isinstance(expression.expression, clock.DatabaseNow):
                return compiler.compile(expression.expression)
            return default(expression, compiler, connection)

        monkeypatch.setattr(clock.DatabaseNow, "as_sql", now)
        monkeypatch.setattr(DatabaseDefault, "as_sql", by_default)
        monkeypatch.setattr(clock, "database_now", lambda: self._moment or asked())
        # The machine's own clock stays right, though it is not at the set moment.
        monkeypatch.setattr(clock.ProcessClock, "_reference", lambda _self: time.time())


def _take_down_the_rule():
    """Within the test's transaction, with which it comes back."""
    from mlops.dbrules import MLOPS_RULES

    with suppress(RuntimeError):  # a test without a database
        take_down([r for r in MLOPS_RULES if r.name == "mlops_servingperiod_has_begun"])

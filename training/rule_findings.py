"""Whether the rules of the database are in force: the triggers' texts, not their names.

Somebody who owns the database can drop a trigger, disable it, or put one of the same
name in its place that refuses nothing.
"""

from collections.abc import Iterable

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from training.dbrules import Rule, statements

MISSING, REPLACED = "missing", "replaced"
_KNOWN: list[Rule] = []
TYPES = {"INSERT": 4, "DELETE": 8, "UPDATE": 16}  # pg_trigger.tgtype
ROW, BEFORE = 1, 2
POSTGRESQL = (
    "SELECT t.tgname, c.relname, t.tgtype, t.tgenabled = 'O', "
    "t.tgqual IS NULL AND t.tgattr::text = '', p.prosrc "
    "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)"
)
SQLITE = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"


def know(rules: Iterable[Rule]) -> None:
    """An app says which rules it has; again changes nothing."""
    _KNOWN.extend(rule for rule in rules if rule not in _KNOWN)


def known_rules() -> list[Rule]:
    return list(_KNOWN)


def findings(rules: Iterable[Rule], using: str = DEFAULT_DB_ALIAS) -> dict[str, str]:
    """By name, the rules not in force: missing, or replaced by something else.

    Of tables that are not there yet nothing is said.
    """
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    up, expected = (
        (_postgresql_up, _on_postgresql)
        if connection.vendor == "postgresql"
        else (_sqlite_up, _on_sqlite)
    )
    there = up(connection)
    return {
        rule.name: REPLACED if rule.name in there else MISSING
        for rule in rules
        if rule.table in tables and there.get(rule.name) != expected(rule)
    }


def _sqlite_up(connection: BaseDatabaseWrapper) -> dict[str, object]:
    with connection.cursor() as cursor:
        cursor.execute(SQLITE)
        return dict(cursor.fetchall())


def _on_sqlite(rule: Rule) -> object:
    return statements(rule, "sqlite")[0]


def _postgresql_up(connection: BaseDatabaseWrapper) -> dict[str, object]:
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL, None)
        return {name: tuple(rest) for name, *rest in cursor.fetchall()}


def _on_postgresql(rule: Rule) -> object:
    body = statements(rule, "postgresql")[0].split("$$")[1]
    kind = ROW | BEFORE | TYPES[rule.operation]
    return (rule.table, kind, True, True, body)

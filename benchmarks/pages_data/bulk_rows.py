"""Many rows into a table, quickly: for benchmarks, which need no model's help."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import NOT_PROVIDED, DateTimeField, Field, JSONField, Model

Row = dict[str, Any]
Writer = Callable[[Any], Any]


def pour(model: type[Model], rows: Iterable[Row]) -> None:
    """Rows by attribute, all with the same ones; what is not given has its default."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    constant = _defaults(model, first)
    fields = {field.attname: field for field in model._meta.concrete_fields}
    chosen = [fields[name] for name in (*first, *constant)]
    columns = ", ".join(f'"{field.column}"' for field in chosen)
    table = f'"{model._meta.db_table}" ({columns})'
    written = [_writer(field) for field in chosen]
    rest = list(constant.values())

    def values(row: Row) -> list[Any]:
        given = zip(written, (*row.values(), *rest), strict=True)
        return [write(value) if write else value for write, value in given]

    _write(table, len(chosen), (values(row) for row in chain([first], rows)))


def _defaults(model: type[Model], given: Row) -> Row:
    return {
        field.attname: field.get_default()
        for field in model._meta.concrete_fields
        if field.attname not in given
        and not field.primary_key
        and field.db_default is NOT_PROVIDED
    }


def _writer(field: Field) -> Writer | None:
    """How a value of the column is written where the driver would not do so itself."""
    if isinstance(field, JSONField):
        return lambda value: value if isinstance(value, str) else json.dumps(value)
    if isinstance(field, DateTimeField) and connection.vendor == "sqlite":
        return lambda value: value and value.replace(tzinfo=None).isoformat(" ")
    return None


def _write(table: str, width: int, rows: Iterator[list[Any]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            places = ", ".join(["?"] * width)
            statement = f"INSERT INTO {table} VALUES ({places})"
            cursor.connection.executemany(statement, rows)
            return
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

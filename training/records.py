"""The canonical form of a protected row, and the hash that its audit event carries.

Equal for a row in memory and the same row read from either database: times in UTC with
microseconds, numbers as PostgreSQL's jsonb gives them back, empty values left out (so
that a column added later changes no hash of a row that has nothing in it).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import models

from training.canonical import (
    canonical_json,
    record_sha256,
    sha256_json,
    sha256_text,
)

Json = dict[str, Any]
ODD_NUMBERS = "e+", "-0.0"
NO_ROW_SHA256 = "0" * 64  # the hash of no row
LARGE = 1e16  # from here on jsonb gives a whole number back without its point


@dataclass(frozen=True)
class RecordForm:
    """Which columns of a table its record is: by attribute name, ``case_id`` not case.

    ``private`` columns go in through one hash of their own: an evidence pack tells
    that hash, and the others in full. What may change without an event stays out.
    ``left_out`` names values, beside empty ones, that are not written. A ``final`` row
    is written once: what the first event says of it holds. A ``covered`` one is too
    frequent for an event of its own; the worker writes one for many.

    ``lists`` are many-to-many fields, each with the columns of its members that are
    told, joined by dots; they are open.
    """

    open: tuple[str, ...]
    private: tuple[str, ...] = ()
    left_out: Mapping[str, Any] = field(default_factory=dict)
    final: bool = False
    covered: bool = False
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """What a query asks for; the lists come after these (``with_lists``)."""
        return ("pk", *self.open, *self.private)


@dataclass(frozen=True)
class DeletedRow:
    """A protected row that an event tells the deletion of."""

    kind: str
    pk: int


_FORMS: dict[type[models.Model], RecordForm] = {}


def protect(model: type[models.Model], form: RecordForm) -> None:
    """Events carry the hashes of this table's rows; ``models.protected`` lists them."""
    _FORMS[model] = form


def form_of(model: type[models.Model]) -> RecordForm:
    """Raises LookupError where the table is not protected."""
    try:
        return _FORMS[model]
    except KeyError as unknown:
        raise LookupError(f"{model.__name__} is not protected") from unknown


def protected_models() -> dict[str, type[models.Model]]:
    """Every protected table, by the name its records have in events."""
    return {str(model._meta.model_name): model for model in _FORMS}


def covered_models() -> list[type[models.Model]]:
    return [model for model, form in _FORMS.items() if form.covered]


def record_of(row: models.Model | DeletedRow) -> Json:
    """What an event carries of a row that it made, changed or deleted."""
    # In this order jsonb gives it back: the check reads both databases' texts alike.
    if isinstance(row, DeletedRow):
        return {"id": row.pk, "type": row.kind, "sha256": NO_ROW_SHA256}
    model = row._meta.model
    record = {"id": row.pk, "type": str(row._meta.model_name)}
    return {**record, "sha256": hash_of(model, _values_of(row, model))}


def _values_of(row: models.Model, model: type[models.Model]) -> Sequence[Any]:
    values = tuple(getattr(row, name) for name in form_of(model).columns)
    return with_lists(model, [values])[0]


def exported_record(row: models.Model) -> Json:
    """A row as an evidence pack tells it: its hash can be computed from that."""
    model = row._meta.model
    open_part, private = parts_of(model, _values_of(row, model))
    kind = str(row._meta.model_name)
    record = {"type": kind, "id": row.pk, "columns": open_part}
    return {**record, "private_sha256": sha256_json(private)}


def records_of(rows: Iterable[models.Model | DeletedRow]) -> list[Json]:
    return [record_of(row) for row in rows]


def with_lists(
    model: type[models.Model], rows: list[tuple[Any, ...]]
) -> Sequence[tuple[Any, ...]]:
    """Rows as their ``columns``, each with the lists of its form, in order."""
    lists = form_of(model).lists
    if not lists:
        return rows
    members_of: dict[Any, list[list[str]]] = {
        row[0]: [[] for _ in lists] for row in rows
    }
    some = model._base_manager.filter(pk__in=members_of)
    for place, (name, columns) in enumerate(lists.items()):
        members = [f"{name}__{column}" for column in columns]
        for pk, *member in some.values_list("pk", *members):
            if member[0] is not None:
                members_of[pk][place].append(".".join(map(str, member)))
    return [(*row, *map(sorted, members_of[row[0]])) for row in rows]


def hash_of(model: type[models.Model], values: Sequence[Any]) -> str:
    """The hash of a row given as the values of its form's ``columns`` and lists.

    Going through all of its JSON takes longer than the rest. Almost no row needs it,
    and which do shows in the text: their numbers have an exponent or a negative zero.
    """
    kind = str(model._meta.model_name)
    open_part, private = _parts(model, values, as_is=True)
    texts = canonical_json(open_part), canonical_json(private)
    if any(sign in text for text in texts for sign in ODD_NUMBERS):
        open_part, private = parts_of(model, values)
        texts = canonical_json(open_part), canonical_json(private)
    return record_sha256(kind, values[0], open_part, sha256_text(texts[1]))


def parts_of(model: type[models.Model], values: Sequence[Any]) -> tuple[Json, Json]:
    """The open and the private columns of a row, in canonical form."""
    return _parts(model, values, as_is=False)


def _parts(
    model: type[models.Model], values: Sequence[Any], *, as_is: bool
) -> tuple[Json, Json]:
    form = form_of(model)
    parts: Json = {}
    for (name, write, left_out), value in zip(writers(model), values[1:], strict=True):
        plain = value is None or (as_is and write is _json)
        text = value if plain else write(value)
        if text != left_out and not _is_empty(text):
            parts[name] = text
    return (
        {name: parts[name] for name in (*form.open, *form.lists) if name in parts},
        {name: parts[name] for name in form.private if name in parts},
    )


@cache
def writers(
    model: type[models.Model],
) -> tuple[tuple[str, Callable[[Any], Any], Any], ...]:
    """Each column of the form, how it is written, and the value that is left out."""
    form = form_of(model)
    by_name = {column.attname: column for column in model._meta.concrete_fields}
    columns = []
    for name in (*form.open, *form.private):
        write, value = _writer(by_name[name]), form.left_out.get(name)
        columns.append((name, write, None if value is None else write(value)))
    columns += [(name, _json, None) for name in form.lists]
    return tuple(columns)


def _writer(column: Any) -> Callable[[Any], Any]:
    target = getattr(column, "target_field", column)
    for kind, write in WRITERS:
        if isinstance(target, kind):
            return write
    raise TypeError(f"{column} has no canonical form")


def moment(value: datetime) -> str:
    """UTC with microseconds, however the zone is said."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"{value!r} is no time that was read back from the database")
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def _number(value: float) -> float | int:
    """As jsonb gives it back: no negative zero, large whole numbers without a point."""
    if value == 0:
        return 0.0
    whole = abs(value) >= LARGE and value.is_integer()
    return int(Decimal(repr(value))) if whole else value


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return _number(value) if isinstance(value, float) else value


def _decimal(value: Decimal) -> str:
    return format(Decimal(value).normalize(), "f")


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


WRITERS: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
    (models.DateTimeField, moment),
    (models.DateField, date.isoformat),
    (models.TimeField, time.isoformat),
    (models.DecimalField, _decimal),
    (models.FloatField, lambda value: _number(float(value))),
    (models.JSONField, _json),
    (models.BooleanField, bool),
    (models.IntegerField, int),
    (models.CharField, str),
    (models.TextField, str),
)

"""A recipe: how the files of one form are read into cases, kept as JSON.

What a recipe says is all that decides: the same file read by the same recipe gives the
same cases. It names columns, so that next month's file of the same header comes in
without a question, and a served case is read as the learnt one was.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from training.errors import InvalidInput
from training.tables.cells import Cell, CellProblem, Value, text_of
from training.tables.layout import LeftOut, TableEnd
from training.tables.readings import DoesNotFit, Reading
from training.tables.roles import ROLES, Role
from training.tables.sources import TableSource

VERSION = 1
# Outcomes and dates of decisions are recognised, so that nobody learns them as facts;
# they are not imported.
READ_ROLES = ("id", "title", "decision", "fact", "protected")


@dataclass(frozen=True)
class ColumnRecipe:
    """A column by its name: what it is for, and how its cells are read."""

    name: str
    role: Role
    reading: Reading

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "role": self.role,
            "reading": self.reading.as_json(),
        }


@dataclass(frozen=True)
class Recipe:
    """``decisions`` maps spellings to the decision that is meant. ``id_prefix`` stands
    before every id, and keeps two files apart that number their rows from 1."""

    columns: tuple[ColumnRecipe, ...]
    decisions: Mapping[str, str] = field(default_factory=dict)
    id_prefix: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "columns": [column.as_json() for column in self.columns],
            "decisions": dict(self.decisions),
            "id_prefix": self.id_prefix,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Recipe":
        """Raises ValueError, naming the place, where the data is no recipe."""
        columns = []
        entries = data.get("columns")
        if data.get("version") != VERSION or not isinstance(entries, list):
            raise ValueError("version" if "columns" in data else "columns")
        for entry in entries:
            if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
                raise ValueError("columns.name")
            if entry.get("role") not in ROLES:
                raise ValueError(f"columns.role of {entry['name']}")
            reading = entry.get("reading")
            if not isinstance(reading, Mapping):
                raise ValueError(f"columns.reading of {entry['name']}")
            columns.append(
                ColumnRecipe(entry["name"], entry["role"], Reading.from_json(reading))
            )
        decisions = data.get("decisions") or {}
        if not isinstance(decisions, Mapping):
            raise ValueError("decisions")
        return cls(tuple(columns), dict(decisions), str(data.get("id_prefix") or ""))

    def column(self, role: Role) -> ColumnRecipe | None:
        """The column of a role that one column has."""
        return next((column for column in self.columns if column.role == role), None)


@dataclass(frozen=True)
class Misfit:
    """A cell that its column's reading does not read, or that holds an error."""

    column: str
    text: str
    expected: str  # a kind of reading, or ``error`` or ``formula``
    address: str = ""


@dataclass(frozen=True)
class TableRow:
    """A row as the case that it says, in the form that the API takes."""

    line: int
    case: dict[str, Any]
    decision: str = ""


@dataclass(frozen=True)
class RefusedRow:
    """A row that gives no case: the cells that do not fit, or another reason."""

    line: int
    misfits: tuple[Misfit, ...] = ()
    reason: str = ""
    columns: tuple[int, int] | None = None  # cells that it has, and columns there are


class RowReader:
    """Turns the rows of a table into cases by a recipe."""

    def __init__(self, recipe: Recipe, names: Sequence[str]) -> None:
        self._recipe = recipe
        self._names = list(names)
        places = {name: place for place, name in enumerate(names)}
        self._columns = [
            (places[column.name], column, column.reading.reader())
            for column in recipe.columns
            if column.name in places and column.role in READ_ROLES
        ]
        self.left_out: list[LeftOut] = []
        self._has_id = recipe.column("id") is not None
        self._seen: set[int] = set()
        self._repeated: dict[int, int] = {}

    def rows(self, source: TableSource) -> Iterator[TableRow | RefusedRow]:
        """Every row of the table as a case or refused, in order; totals and footers
        are left out, and are in ``left_out`` afterwards."""
        end = TableEnd(len(self._names), self.left_out)
        for line, cells in end.rows(source.records()):
            if isinstance(cells, InvalidInput):
                yield RefusedRow(line, reason=str(cells))
            else:
                yield self._row(line, cells)

    def _row(self, line: int, cells: list[Cell]) -> TableRow | RefusedRow:
        columns = len(self._names)
        if len(cells) > columns and any(c not in (None, "") for c in cells[columns:]):
            return RefusedRow(line, columns=(len(cells), columns))
        if len(cells) < columns:
            cells = [*cells, *[None] * (columns - len(cells))]
        misfits: list[Misfit] = []
        values: list[tuple[ColumnRecipe, Value]] = []
        for place, column, read in self._columns:
            cell = cells[place]
            if isinstance(cell, CellProblem):
                problem = Misfit(column.name, cell.text, cell.code, cell.address)
                misfits.append(problem)
                continue
            try:
                value = text_of(cell).strip() if column.role == "id" else read(cell)
            except DoesNotFit as trouble:
                misfits.append(Misfit(column.name, str(trouble), column.reading.kind))
                continue
            if value is not None and value != "":
                values.append((column, value))
        if misfits:
            return RefusedRow(line, tuple(misfits))
        return self._case(line, cells, values)

    def _case(
        self,
        line: int,
        cells: Sequence[Any],
        values: Sequence[tuple[ColumnRecipe, Value]],
    ) -> TableRow:
        by_role = {column.role: value for column, value in values}
        decision = text_of(by_role.get("decision"))
        case = {
            "external_id": self._external_id(text_of(by_role.get("id")), cells),
            "title": text_of(by_role.get("title")),
            "facts": [
                {"name": c.name, "value": value, "unit": c.reading.unit or None}
                for c, value in values
                if c.role == "fact"
            ],
            "protected": {c.name: v for c, v in values if c.role == "protected"},
        }
        return TableRow(
            line,
            case,
            self._recipe.decisions.get(decision, decision),
        )

    def _external_id(self, stated: str, cells: Sequence[Any]) -> str:
        if self._has_id:
            return f"{self._recipe.id_prefix}{stated}" if stated else ""
        return self._recipe.id_prefix + self._content_name(cells)

    def _content_name(self, cells: Sequence[Any]) -> str:
        """A name made of what the row says, and of how many equal rows stood before it.

        The order of the columns does not count, so that the same rows in a file that
        was arranged anew are the same cases.
        """
        texts = sorted(
            [name, text_of(cell).strip()]
            for name, cell in zip(self._names, cells, strict=False)
        )
        digest = hashlib.sha256(json.dumps(texts).encode()).digest()
        key = int.from_bytes(digest[:8])
        name = digest[:10].hex()
        if key not in self._seen:
            self._seen.add(key)
            return name
        self._repeated[key] = self._repeated.get(key, 1) + 1
        return f"{name}-{self._repeated[key]}"

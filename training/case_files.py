"""Reads cases from a file of CSV or JSON lines; refuses each bad line by its number."""

import csv
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from django.utils.translation import gettext as _

from preciso import limits
from training.case_schema import CaseContent, parse_case
from training.errors import InvalidInput, TooLarge
from training.file_lines import CsvRecords, Lines, RefusedLine
from training.values import checked_text

__all__ = ["CaseRow", "ImportOptions", "RefusedLine", "read_rows"]
TITLE_COLUMN = "title"
ID_COLUMNS = ("external_id", "id")
LONGEST_QUOTE = 500  # characters of a header in a message


@dataclass(frozen=True)
class ImportOptions:
    """How to read a file. Column names must be those of its header."""

    format: str = "csv"
    decision_column: str = ""
    id_column: str = ""
    ignore_columns: tuple[str, ...] = ()
    protected_columns: tuple[str, ...] = ()

    @property
    def named_columns(self) -> list[str]:
        names = [self.decision_column, self.id_column, *self.ignore_columns]
        return [*filter(None, names), *self.protected_columns]


@dataclass(frozen=True)
class CaseRow:
    """A case of the file, and the decision to replay if there is one."""

    line: int
    content: CaseContent
    decision: str = ""


def read_rows(
    stream: BinaryIO, options: ImportOptions
) -> Iterator[CaseRow | RefusedLine]:
    """Every case of the file, and every line that holds none it can read, in order.

    Raises InvalidInput, before the first row, where the file is empty or lacks a column
    that the options name.
    """
    lines = Lines(stream)
    records = {"csv": _csv_records, "jsonl": _json_records}[options.format]
    for number, record in records(lines, options):
        yield from lines.take_refused()
        if isinstance(record, InvalidInput):
            yield RefusedLine(number, str(record))
            continue
        try:
            yield _row(number, record, options)
        except (InvalidInput, TooLarge) as error:
            yield RefusedLine(number, str(error))
    yield from lines.take_refused()
    if not lines.number:
        raise InvalidInput(_("The file is empty."))


def _row(number: int, record: dict[str, Any], options: ImportOptions) -> CaseRow:
    decision = (
        record.pop(options.decision_column, None) if options.decision_column else ""
    )
    if decision is not None and not isinstance(decision, str):
        raise InvalidInput(
            _("%(column)s is not a text.") % {"column": options.decision_column}
        )
    decision = checked_text(
        (decision or "").strip(), options.decision_column, limits.LABEL
    )
    for name in options.ignore_columns:
        record.pop(name, None)
    facts = record.get("facts")
    if isinstance(facts, list):
        ignored = {*options.ignore_columns, options.decision_column}
        guarded = set(options.protected_columns)
        record["facts"], moved = _split_facts(facts, ignored, guarded)
        protected = record.get("protected")
        if moved and (protected is None or isinstance(protected, Mapping)):
            record["protected"] = {**(protected or {}), **moved}
    return CaseRow(number, parse_case(record), decision)


def _split_facts(
    facts: list[Any], ignored: set[str], guarded: set[str]
) -> tuple[list[Any], dict[str, Any]]:
    """The facts without the ignored ones, and the protected values by name."""
    others, protected = [], {}
    for fact in facts:
        name = fact.get("name") if isinstance(fact, Mapping) else None
        # A number is a name too; what is neither is refused later, with the reason.
        if not isinstance(name, str):
            name = str(name) if isinstance(name, int) else ""
        name = name.strip()  # as ``parse_case`` reads it
        if name in guarded:
            protected[name] = fact.get("value")
        elif not name or name not in ignored:
            others.append(fact)
    return others, protected


Record = tuple[int, dict[str, Any] | InvalidInput]


def _json_records(lines: Lines, options: ImportOptions) -> Iterator[Record]:
    for text in lines:
        if not text.strip():
            continue
        try:
            data = json.loads(
                text,
                parse_constant=_refuse_constant,
                object_pairs_hook=_without_duplicates,
            )
        except InvalidInput as error:
            yield lines.number, error
            continue
        except (ValueError, RecursionError):
            yield lines.number, InvalidInput(_("The line is not valid JSON."))
            continue
        if not isinstance(data, dict):
            yield lines.number, InvalidInput(_("The line is not a JSON object."))
            continue
        if options.id_column:
            data["external_id"] = data.pop(options.id_column, None)
        yield lines.number, data


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Python's reader would silently take the last of two values."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise InvalidInput(_("The line says the same field twice."))
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _csv_records(lines: Lines, options: ImportOptions) -> Iterator[Record]:
    source = iter(lines)
    head = next(source, None)
    if head is None or lines.number > 1:  # then the columns are unknown
        raise InvalidInput(
            _("The first line cannot be read: it is too long, or not UTF-8 text.")
            if lines.number
            else _("The file is empty.")
        )
    delimiter = ";" if ";" in head and "," not in head else ","
    header = _header(head, delimiter)
    id_column = _id_column(header, options)
    for first, values in CsvRecords(source, lines, delimiter, len(header)):
        if isinstance(values, InvalidInput):
            yield first, values
        elif any(value.strip() for value in values):
            yield first, _csv_record(header, values, id_column, options)


def _header(head: str, delimiter: str) -> list[str]:
    """The names of the columns. Raises InvalidInput for an unusable header."""
    try:
        names = next(csv.reader([head], delimiter=delimiter), [])
    except csv.Error as error:
        raise InvalidInput(
            _("The first line is not valid CSV (%(why)s).") % {"why": error}
        ) from error
    if len(names) > limits.COLUMNS:
        raise InvalidInput(
            _("The first line names more than %(n)d columns.") % {"n": limits.COLUMNS}
        )
    names = [name.strip() for name in names]
    if not any(names):
        raise InvalidInput(_("The first line names no columns."))
    for name, times in Counter(names).items():
        if times > 1:
            raise InvalidInput(
                _("The column %(name)s is there twice.") % {"name": _shortened(name)}
            )
    return names


def _id_column(header: list[str], options: ImportOptions) -> str:
    """The column that names the case.

    Raises InvalidInput where the header lacks a column of the options, or where no
    column, or more than one, could name the case.
    """
    columns = _shortened(", ".join(header))
    for name in options.named_columns:
        if name not in header:
            raise InvalidInput(
                _("The file has no column %(name)s; it has: %(names)s.")
                % {"name": _shortened(name), "names": columns}
            )
    if options.id_column:
        return options.id_column
    for name in ID_COLUMNS:
        if name in header:
            return name
    candidates = [name for name in header if name.lower().endswith("_id")]
    if len(candidates) != 1:
        raise InvalidInput(
            _(
                "Which column names the case? Say so with the id column; "
                "the file has: %(names)s."
            )
            % {"names": columns}
        )
    return candidates[0]


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"


def _csv_record(
    header: list[str], values: list[str], id_column: str, options: ImportOptions
) -> dict[str, Any] | InvalidInput:
    if len(values) != len(header):
        return InvalidInput(
            _("The line has %(found)d values where the header has %(named)d columns.")
            % {"found": len(values), "named": len(header)}
        )
    cells = dict(zip(header, values, strict=True))
    record: dict[str, Any] = {"external_id": cells.pop(id_column).strip()}
    if options.decision_column:
        record[options.decision_column] = cells.pop(options.decision_column)
    if TITLE_COLUMN in cells and TITLE_COLUMN not in options.named_columns:
        record["title"] = cells.pop(TITLE_COLUMN)
    record["facts"] = [
        {"name": name, "value": csv_value(value)}
        for name, value in cells.items()
        if value.strip() and name
    ]
    return record


def csv_value(text: str) -> float | int | str:
    """A number if ``float()`` reads it, else the text as it stands.

    Digits without a point are an int. "nan" and "inf" stay texts, for JSON has no such
    numbers.
    """
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(text) if text.strip().lstrip("+-").isdecimal() else number

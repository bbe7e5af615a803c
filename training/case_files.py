"""Reading cases from a file: line by line, bounded, every bad line by its number."""

import csv
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from django.utils.translation import gettext as _

from preciso import limits
from training.case_schema import CaseContent, parse_case
from training.errors import InvalidInput, TooLarge
from training.file_lines import CsvRecords, Lines, Refusal
from training.values import checked_text

__all__ = ["ImportOptions", "Refusal", "Row", "read_rows"]
TITLE_COLUMN = "title"
ID_COLUMNS = ("external_id", "id")
SHOWN = 500  # characters of a header that is told back


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
        named = [self.decision_column, self.id_column]
        return [name for name in [*named, *self.ignore_columns] if name] + list(
            self.protected_columns
        )


@dataclass(frozen=True)
class Row:
    """A line that was read: the case, and the decision to replay if there is one."""

    line: int
    content: CaseContent
    decision: str = ""


def read_rows(stream: BinaryIO, options: ImportOptions) -> Iterator[Row | Refusal]:
    """Every line of the file as a row or a refusal, in order.

    Raises InvalidInput, before the first row, when the file is empty or has no such
    columns: then nothing of it can be meant.
    """
    lines = Lines(stream)
    records = {"csv": _csv_records, "jsonl": _json_records}[options.format]
    for number, record in records(lines, options):
        yield from _drain(lines)
        if isinstance(record, InvalidInput):
            yield Refusal(number, str(record))
            continue
        try:
            yield _row(number, record, options)
        except (InvalidInput, TooLarge) as refusal:
            yield Refusal(number, str(refusal))
    yield from _drain(lines)
    if not lines.number:
        raise InvalidInput(_("The file is empty."))


def _drain(lines: Lines) -> list[Refusal]:
    found, lines.refused = lines.refused, []
    return found


def _row(number: int, record: dict[str, Any], options: ImportOptions) -> Row:
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
    dropped = {*options.ignore_columns, options.decision_column} - {""}
    facts = record.get("facts")
    if isinstance(facts, list):
        record["facts"], moved = _sort_facts(facts, dropped, options.protected_columns)
        stated = record.get("protected")
        if moved and (stated is None or isinstance(stated, Mapping)):
            record["protected"] = {**(stated or {}), **moved}
    return Row(number, parse_case(record), decision)


def _sort_facts(
    facts: list[Any], dropped: set[str], protected: Iterable[str]
) -> tuple[list[Any], dict[str, Any]]:
    kept, moved, guarded = [], {}, set(protected)
    for fact in facts:
        name = fact.get("name") if isinstance(fact, Mapping) else None
        if not isinstance(name, str):  # refused with the reason, or a number
            name = str(name) if isinstance(name, int) else ""
        name = name.strip()  # as it will be read
        if name in guarded:
            moved[name] = fact.get("value")
        elif name not in dropped:
            kept.append(fact)
    return kept, moved


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
        except InvalidInput as refusal:
            yield lines.number, refusal
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
    """Which of two values was meant cannot be told."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise InvalidInput(_("The line says the same field twice."))
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _csv_records(lines: Lines, options: ImportOptions) -> Iterator[Record]:
    source = iter(lines)
    head = next(source, None)
    if head is None or lines.number > 1:  # what the columns are is not known
        raise InvalidInput(
            _("The first line cannot be read: it is too long, or not UTF-8 text.")
            if lines.number
            else _("The file is empty.")
        )
    delimiter = ";" if ";" in head and "," not in head else ","
    header = _header(head, delimiter)
    id_column = _check_header(header, options)
    for first, values in CsvRecords(source, lines, delimiter, len(header)):
        if isinstance(values, InvalidInput):
            yield first, values
        elif any(value.strip() for value in values):
            yield first, _csv_record(header, values, id_column, options)


def _header(head: str, delimiter: str) -> list[str]:
    try:
        names = next(csv.reader([head], delimiter=delimiter), [])
    except csv.Error as trouble:
        raise InvalidInput(
            _("The first line is not valid CSV (%(why)s).") % {"why": trouble}
        ) from trouble
    if len(names) > limits.COLUMNS:
        raise InvalidInput(
            _("The first line names more than %(n)d columns.") % {"n": limits.COLUMNS}
        )
    return [name.strip() for name in names]


def _check_header(header: list[str], options: ImportOptions) -> str:
    """The column that names the case. Raises InvalidInput on an unusable header."""
    known = _shortened(", ".join(header))
    if not any(header):
        raise InvalidInput(_("The first line names no columns."))
    times = Counter(header)
    twice = next((name for name in header if times[name] > 1), None)
    if twice is not None:
        raise InvalidInput(
            _("The column %(name)s is there twice.") % {"name": _shortened(twice)}
        )
    for name in options.named_columns:
        if name not in header:
            raise InvalidInput(
                _("The file has no column %(name)s; it has: %(names)s.")
                % {"name": _shortened(name), "names": known}
            )
    if options.id_column:
        return options.id_column
    guessed = [name for name in ID_COLUMNS if name in header] or [
        name for name in header if name.lower().endswith("_id")
    ]
    if len(guessed) != 1 and guessed[:1] not in ([ID_COLUMNS[0]], [ID_COLUMNS[1]]):
        raise InvalidInput(
            _(
                "Which column names the case? Say so with the id column; "
                "the file has: %(names)s."
            )
            % {"names": known}
        )
    return guessed[0]


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


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

    Whole numbers without a point stay whole; "nan" and "inf" are kept as texts, because
    no JSON number says them.
    """
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(text) if text.strip().lstrip("+-").isdecimal() else number

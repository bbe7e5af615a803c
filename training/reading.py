"""Reading cases from a file: line by line, bounded, every bad line by its number."""

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NoReturn

from django.utils.translation import gettext as _

from training.contents import CaseContent, parse_case
from training.errors import InvalidInput

LONGEST_LINE = 1 << 20  # bytes
TITLE_COLUMN = "title"
ID_COLUMNS = ("external_id", "id")


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
class Refusal:
    """A line that was not imported, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class Row:
    """A line that was read: the case, and the decision to replay if there is one."""

    line: int
    content: CaseContent
    decision: str = ""


@dataclass
class Lines:
    """The lines of a stream as text; ``refused`` collects those that cannot be read.

    A line over the limit is skipped without ever being held in memory.
    """

    stream: BinaryIO
    number: int = 0
    refused: list[Refusal] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        while raw := self.stream.readline(LONGEST_LINE + 1):
            self.number += 1
            if len(raw) > LONGEST_LINE:
                self._skip_rest(raw)
                self._refuse(_("The line is longer than 1 MB."))
                continue
            try:
                yield raw.decode("utf-8-sig" if self.number == 1 else "utf-8")
            except UnicodeDecodeError:
                self._refuse(_("The line is not UTF-8 text."))

    def _skip_rest(self, raw: bytes) -> None:
        while raw and not raw.endswith(b"\n"):
            raw = self.stream.readline(LONGEST_LINE)

    def _refuse(self, reason: str) -> None:
        self.refused.append(Refusal(self.number, reason))


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
        except InvalidInput as refusal:
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
    for name in options.ignore_columns:
        record.pop(name, None)
    dropped = {*options.ignore_columns, options.decision_column} - {""}
    facts = record.get("facts")
    if isinstance(facts, list):
        record["facts"], moved = _sort_facts(facts, dropped, options.protected_columns)
        if moved:
            record["protected"] = {**(record.get("protected") or {}), **moved}
    return Row(number, parse_case(record), (decision or "").strip())


def _sort_facts(
    facts: list[Any], dropped: set[str], protected: Iterable[str]
) -> tuple[list[Any], dict[str, Any]]:
    kept, moved, guarded = [], {}, set(protected)
    for fact in facts:
        name = fact.get("name") if isinstance(fact, Mapping) else None
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
            data = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            yield lines.number, InvalidInput(_("The line is not valid JSON."))
            continue
        if not isinstance(data, dict):
            yield lines.number, InvalidInput(_("The line is not a JSON object."))
            continue
        if options.id_column:
            data["external_id"] = data.pop(options.id_column, None)
        yield lines.number, data


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _csv_records(lines: Lines, options: ImportOptions) -> Iterator[Record]:
    source = iter(lines)
    head = next(source, None)
    if head is None:
        # Unreadable first line, or no line at all: no columns are known either way.
        raise InvalidInput(
            _("The file is not UTF-8 text.")
            if lines.number
            else _("The file is empty.")
        )
    delimiter = ";" if ";" in head and "," not in head else ","
    header = [name.strip() for name in next(csv.reader([head], delimiter=delimiter))]
    id_column = _check_header(header, options)
    reader = csv.reader(source, delimiter=delimiter)
    while True:
        first = lines.number + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as trouble:
            yield (
                first,
                InvalidInput(
                    _("The line is not valid CSV (%(why)s).") % {"why": trouble}
                ),
            )
            continue
        if not any(value.strip() for value in values):
            continue
        yield first, _csv_record(header, values, id_column, options)


def _check_header(header: list[str], options: ImportOptions) -> str:
    """The column that names the case. Raises InvalidInput on an unusable header."""
    known = ", ".join(header)
    if not any(header):
        raise InvalidInput(_("The first line names no columns."))
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise InvalidInput(_("The column %(name)s is there twice.") % {"name": twice})
    for name in options.named_columns:
        if name not in header:
            raise InvalidInput(
                _("The file has no column %(name)s; it has: %(names)s.")
                % {"name": name, "names": known}
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

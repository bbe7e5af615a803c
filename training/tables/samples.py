"""A sample of a table: enough rows to judge its columns by, at a cost that hardly grows
with the file.

Of a short file every row is read. Of a long text file the first rows, runs of rows at
places spread evenly over it, and the end are read; its length is counted by its lines.
"""

import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from training.errors import InvalidInput
from training.tables.delimited import SAMPLE, byte_lines
from training.tables.layout import LeftOut, TableEnd
from training.tables.sources import Cells, TableSource
from training.tables.workbooks import CellProblem

FIRST_ROWS, SPREAD_ROWS = 2_000, 3_000
PLACES = 60  # in a long file, from which runs of rows are taken
SHORT = 4 << 20  # bytes up to which a text file is read as a whole
CHUNK = 1 << 20


@dataclass(frozen=True)
class TableSample:
    """Rows as lists of cells; ``count`` of the whole file, exact or nearly so; the rows
    at its end that are left out."""

    rows: list[list[Any]]
    count: int
    is_exact: bool
    left_out: tuple[LeftOut, ...]


def sample_of(source: TableSource) -> TableSample:
    """TableSample the rows of the table."""
    path = source.file.path
    if source.form.kind == "delimited" and path.stat().st_size > SHORT:
        stream, encoding = byte_lines(path, source.form.encoding)
        seekable = encoding == source.form.encoding and stream.seekable()
        stream.close()
        if seekable:
            return _spread(source)
    return _whole(source)


def _whole(source: TableSource) -> TableSample:
    """The first rows and a fair choice of all others."""
    chance = random.Random(0)  # noqa: S311 - the same sample each time
    tail = TableEnd(len(source.layout.names))
    first: list[list[Any]] = []
    spread: list[list[Any]] = []
    count = 0
    for _, cells in tail.rows(_readable(source.records())):
        count += 1
        if len(first) < FIRST_ROWS:
            first.append(_values(cells))
        elif len(spread) < SPREAD_ROWS:
            spread.append(_values(cells))
        elif (place := chance.randrange(count - FIRST_ROWS)) < SPREAD_ROWS:
            spread[place] = _values(cells)
    return TableSample(first + spread, count, True, tuple(tail.left_out))


def _spread(source: TableSource) -> TableSample:
    """The first rows, and runs of rows at places spread over the file."""
    path, form, columns = source.file.path, source.form, len(source.layout.names)
    first: list[list[Any]] = []
    for _, cells in _readable(source.records()):
        first.append(_values(cells))
        if len(first) == FIRST_ROWS:
            break
    size = path.stat().st_size
    rows: list[list[Any]] = []
    with path.open("rb") as stream:
        lines = 0
        while chunk := stream.read(CHUNK):
            lines += chunk.count(b"\n")
        for place in range(1, PLACES + 1):
            stream.seek(size * place // (PLACES + 1))
            stream.readline()  # the rest of a line that begins before
            texts = [stream.readline() for _ in range(SPREAD_ROWS // PLACES)]
            rows += _parsed(texts, form.encoding, form.delimiter, form.quote, columns)
        stream.seek(max(0, size - SAMPLE))
        stream.readline()
        end = stream.read().splitlines(keepends=True)
    tail = TableEnd(columns)
    numbered = enumerate(
        _parsed(end, form.encoding, form.delimiter, form.quote, columns),
        start=lines - len(end) + 1,
    )
    for _ in tail.rows(numbered):
        pass  # only what it leaves out is asked for
    count = max(len(first), lines - source.layout.first_line + 1 - len(tail.left_out))
    return TableSample(first + rows, count, False, tuple(tail.left_out))


def _parsed(
    texts: Sequence[bytes], encoding: str, delimiter: str, quote: str, columns: int
) -> list[list[Any]]:
    """The records of the lines that have the columns of the table; a record that was
    cut off, or begins inside of a quote, has others."""
    decoded = [text.decode(encoding, "replace") for text in texts]
    try:
        records = list(csv.reader(decoded, delimiter=delimiter, quotechar=quote))
    except csv.Error:
        return []
    return [list(record) for record in records if len(record) == columns]


def _readable(
    records: Iterable[tuple[int, Cells | InvalidInput]],
) -> Iterator[tuple[int, Any]]:
    for number, cells in records:
        if not isinstance(cells, InvalidInput):
            yield number, cells


def _values(cells: Sequence[Any]) -> list[Any]:
    return [None if isinstance(cell, CellProblem) else cell for cell in cells]

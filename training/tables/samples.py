"""A sample of a table: enough rows to judge its columns by, at a cost that hardly grows
with the file.

Of a short file every row is read. Of a long text file the first rows, and runs of rows
at places spread evenly over it.
"""

import csv
import random
from collections.abc import Iterator, Sequence
from itertools import islice

from preciso import limits
from training.errors import InvalidInput
from training.tables.cells import Cell
from training.tables.delimited import byte_lines
from training.tables.layout import TableEnd
from training.tables.sources import TableSource

FIRST_ROWS, SPREAD_ROWS = 2_000, 3_000
PLACES = 60  # in a long file, from which runs of rows are taken
SHORT = 4 << 20  # bytes up to which a text file is read as a whole


def sample_of(source: TableSource) -> list[list[Cell]]:
    """Rows of the table, each as its cells."""
    is_long = source.file.path.stat().st_size > SHORT
    if source.form.kind == "delimited" and is_long:
        stream, encoding = byte_lines(source.file.path, source.form.encoding)
        stream.close()
        if encoding == source.form.encoding:  # else its bytes are not those of the file
            return _spread(source)
    return _whole(source)


def _whole(source: TableSource) -> list[list[Cell]]:
    """The first rows and a fair choice of all others (Vitter's algorithm R)."""
    chance = random.Random(0)  # noqa: S311 - the same sample each time
    first: list[list[Cell]] = []
    spread: list[list[Cell]] = []
    for count, cells in enumerate(_readable(source), start=1):
        if len(first) < FIRST_ROWS:
            first.append(cells)
        elif len(spread) < SPREAD_ROWS:
            spread.append(cells)
        elif (place := chance.randrange(count - FIRST_ROWS)) < SPREAD_ROWS:
            spread[place] = cells
    return first + spread


def _spread(source: TableSource) -> list[list[Cell]]:
    """The first rows, and runs of rows at places spread over the file."""
    path, form, columns = source.file.path, source.form, len(source.layout.names)
    rows = list(islice(_readable(source), FIRST_ROWS))
    size = path.stat().st_size
    with path.open("rb") as stream:
        for place in range(1, PLACES + 1):
            stream.seek(size * place // (PLACES + 1))
            stream.readline(limits.LINE)  # the rest of a line that begins before
            lines = [stream.readline(limits.LINE) for _ in range(SPREAD_ROWS // PLACES)]
            rows += _parsed(lines, form.encoding, form.delimiter, form.quote, columns)
    return rows


def _parsed(
    texts: Sequence[bytes], encoding: str, delimiter: str, quote: str, columns: int
) -> list[list[Cell]]:
    """The records of the lines that have the columns of the table; a record that was
    cut off, or begins inside of a quote, has others."""
    decoded = [text.decode(encoding, "replace") for text in texts]
    try:
        records = list(csv.reader(decoded, delimiter=delimiter, quotechar=quote))
    except csv.Error:
        return []
    return [list(record) for record in records if len(record) == columns]


def _readable(source: TableSource) -> Iterator[list[Cell]]:
    """The rows of the table that can be read, without totals and footers."""
    end = TableEnd(len(source.layout.names))
    for _, cells in end.rows(source.records()):
        if not isinstance(cells, InvalidInput):
            yield cells

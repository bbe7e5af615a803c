"""Where the table lies among the rows of a file: its header, and what is left out.

Above a header stand titles and blank lines, below a table totals and footers; a header
may take two lines. What is left out is kept with its line and the reason, so that a
person sees it and can say otherwise.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from training.errors import InvalidInput
from training.tables import dates, numbers
from training.tables.cells import Cell, text_of
from training.tables.readings import is_missing

HEAD = 60  # rows in which the header is looked for
TAIL = 30  # rows at the end in which totals and footers are looked for
LONGEST_NAME = 120
_TOTAL = re.compile(
    r"^(?:grand |sub)?-?\s?total[s]?\b|^sum\b|^summe\b|^gesamt|^zwischensumme|^somme\b"
    r"|^totale\b|^합\s?계|^총\s?계|^소\s?계|^누\s?계|^계$|^合計|^総計|^小計",
    re.IGNORECASE,
)

Row = tuple[int, list[Cell] | InvalidInput]


@dataclass(frozen=True)
class LeftOut:
    """A row that is no case: its number, why (``title``, ``blank``, ``total``,
    ``footer``), and how it begins."""

    line: int
    why: str
    text: str


@dataclass(frozen=True)
class Layout:
    """The header's rows (none where the file has no header), the names of the columns,
    the first row below it, and what is left out."""

    header_lines: tuple[int, ...]
    names: tuple[str, ...]
    first_line: int
    left_out: tuple[LeftOut, ...] = ()
    renamed: tuple[str, ...] = ()  # names that were empty or stood twice


def layout_of(head: Sequence[tuple[int, list[Cell]]]) -> Layout:
    """Find the header among the first rows of a file."""
    rows = [(line, [text_of(cell).strip() for cell in cells]) for line, cells in head]
    filled = [(line, cells) for line, cells in rows if any(cells)]
    if not filled:
        return Layout((), (), 1)
    width = _width(filled)
    place = _header_place(filled, width)
    columns = max(len(cells) for _, cells in filled[place or 0 :])
    if place is None:
        names = tuple(f"column {n}" for n in range(1, columns + 1))
        return Layout((), names, filled[0][0], tuple(_above(rows, filled[0][0])))
    line, cells = filled[place]
    header: list[str] = cells
    lines: tuple[int, ...] = (line,)
    if place + 1 < len(filled) and (second := _second(filled, place)) is not None:
        header, lines = second, (line, filled[place + 1][0])
    names, renamed = _names(header, columns)
    below = next((n for n, _ in rows if n > lines[-1]), lines[-1] + 1)
    return Layout(lines, names, below, tuple(_above(rows, line)), renamed)


def _width(rows: Sequence[tuple[int, list[str]]]) -> int:
    """How many cells most rows fill; of two equally common numbers the larger."""
    counts = Counter(sum(map(bool, cells)) for _, cells in rows)
    return max(counts, key=lambda n: (counts[n], n))


def _header_place(rows: Sequence[tuple[int, list[str]]], width: int) -> int | None:
    """The first row that is filled like the table, with names and not with values."""
    for place, (_, cells) in enumerate(rows):
        filled = [cell for cell in cells if cell]
        if len(filled) < max(1, 0.6 * width) or (width > 1 and len(filled) < 2):
            continue
        names = sum(_is_name(cell) for cell in filled)
        if names == len(filled):
            return place
        if names >= 0.7 * len(filled) and _values_below(rows, place):
            return place  # a year may stand among the names
        return None  # the table has begun, and no header stood above it
    return None


def _values_below(rows: Sequence[tuple[int, list[str]]], place: int) -> bool:
    below = [cell for _, cells in rows[place + 1 : place + 4] for cell in cells if cell]
    values = sum(not _is_name(cell) for cell in below)
    return bool(below) and values > 0.3 * len(below)


def _is_name(cell: str) -> bool:
    """Whether a cell can name a column: a text, and none that says a value."""
    if len(cell) > LONGEST_NAME or is_missing(cell):
        return False
    if numbers.take_apart(cell) is not None or dates.duration(cell) is not None:
        return False
    return not any(
        pattern.match(cell)
        for pattern in (*dates.DATE_FORMS.values(), *dates.MONTH_FORMS.values())
    )


def _second(rows: Sequence[tuple[int, list[str]]], place: int) -> list[str] | None:
    """The names of a header over two lines, joined; None where it has one line.

    The second line is one where the first has gaps or repeats (the group stands over
    several columns), all of it are names, and values stand below it.
    """
    upper, lower = rows[place][1], rows[place + 1][1]
    width = max(len(upper), len(lower))
    upper = upper + [""] * (width - len(upper))
    lower = lower + [""] * (width - len(lower))
    gaps = sum(not cell for cell in upper)
    repeats = len([cell for cell in upper if cell]) - len({c for c in upper if c})
    if not gaps and not repeats:
        return None
    filled = [cell for cell in lower if cell]
    covered = all(u or low for u, low in zip(upper, lower, strict=True))
    if not filled or not all(map(_is_name, filled)) or not covered:
        return None
    if not _values_below(rows, place + 1):
        return None
    group, joined = "", []
    for over, under in zip(upper, lower, strict=True):
        group = over or group
        joined.append(f"{group} {under}".strip() if under else over)
    return joined


def _names(
    header: Sequence[str], columns: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A name of its own for every column; and those of them that the header had not,
    or had twice."""
    names: list[str] = []
    renamed: list[str] = []
    for place in range(columns):
        name = " ".join(header[place].split()) if place < len(header) else ""
        unique = name or f"column {place + 1}"
        number = 2
        while unique in names:
            unique = f"{name or 'column'} ({number})"
            number += 1
        if unique != name:
            renamed.append(unique)
        names.append(unique)
    return tuple(names), tuple(renamed)


def _above(rows: Iterable[tuple[int, list[str]]], line: int) -> list[LeftOut]:
    return [
        LeftOut(number, "title" if any(cells) else "blank", _beginning(cells))
        for number, cells in rows
        if number < line
    ]


@dataclass
class TableEnd:
    """Tells the rows of the table from totals and footers, with the end in view.

    Rows are handed on as soon as enough rows follow them that they cannot be part of
    the end any more; ``left_out`` collects what is no case. A row that could not be
    read is handed on in its place: nobody can say that it is no case.
    """

    columns: int
    left_out: list[LeftOut] = field(default_factory=list)
    _waiting: deque[Row] = field(default_factory=deque)

    def rows(self, source: Iterable[Row]) -> Iterable[Row]:
        """The rows of the table, without blank ones, totals and what stands below."""
        for row in source:
            if isinstance(row[1], list) and all(map(_is_blank, row[1])):
                continue  # a blank row says nothing, wherever it stands
            self._waiting.append(row)
            if len(self._waiting) > TAIL:
                first = self._waiting.popleft()
                if not self._is_total(first):
                    yield first
        yield from self._end()

    def _end(self) -> list[Row]:
        rows = list(self._waiting)
        end = len(rows)
        while end and self.columns >= 3 and self._filled(rows[end - 1]) <= 1:
            end -= 1
        for row in rows[end:]:
            self._leave_out(row, "footer")
        return [row for row in rows[:end] if not self._is_total(row)]

    def _is_total(self, row: Row) -> bool:
        """Whether the row begins with *Total* and has gaps where cases have none."""
        if isinstance(row[1], InvalidInput) or self._filled(row) >= self.columns:
            return False
        if not _TOTAL.match(_beginning(row[1])):
            return False
        self._leave_out(row, "total")
        return True

    def _filled(self, row: Row) -> int:
        """How many cells hold something; of a row that could not be read, all may."""
        if isinstance(row[1], InvalidInput):
            return self.columns
        return sum(not _is_blank(cell) for cell in row[1])

    def _leave_out(self, row: Row, why: str) -> None:
        if isinstance(row[1], list):
            self.left_out.append(LeftOut(row[0], why, _beginning(row[1])))


def _is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _beginning(cells: Sequence[Cell]) -> str:
    texts = (text_of(cell).strip() for cell in cells)
    return " ".join(text for text in texts if text)[:200]

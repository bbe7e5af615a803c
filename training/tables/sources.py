"""One way to read every form of file: rows of cells with their line numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from preciso import limits
from training.errors import InvalidInput
from training.tables import columnar, delimited, objects, workbooks
from training.tables.cells import Cell
from training.tables.containers import Opened
from training.tables.delimited import TextForm
from training.tables.layout import HEAD, Layout, layout_of
from training.tables.problems import UnreadableFile

Kind = Literal["delimited", "workbook", "parquet", "json"]
Record = tuple[int, list[Cell] | InvalidInput]


@dataclass(frozen=True)
class FileForm:
    """How a file is written, as a recipe keeps it. The fields that do not concern its
    kind are empty."""

    kind: Kind
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    sheet: str = ""
    is_certain: bool = True  # whether the encoding is proven

    @property
    def text(self) -> TextForm:
        return TextForm(self.encoding, self.delimiter, self.quote, self.is_certain)


@dataclass(frozen=True)
class TableSource:
    """An opened file, how it is written, and where the table lies in it."""

    file: Opened
    form: FileForm
    layout: Layout

    def records(self) -> Iterator[Record]:
        """The rows below the header, with the numbers of their lines; blank rows,
        totals and footers are still among them (``layout.TableEnd`` knows those)."""
        path = self.file.path
        if self.form.kind == "json":
            return self._objects(path)
        if self.form.kind == "parquet":
            return ((n, list(cells)) for n, cells in columnar.records(path))
        if self.form.kind == "workbook":
            rows = _workbook_rows(path, self.form.sheet)
        else:
            columns = len(self.layout.names)
            rows = _text_rows(path, self.form.text, columns)
        first = self.layout.first_line
        return (row for row in rows if row[0] >= first)

    def _objects(self, path: Path) -> Iterator[Record]:
        names = self.layout.names
        for number, value in objects.objects(path, self.form.encoding):
            if isinstance(value, InvalidInput):
                yield number, value
            else:
                cells = objects.flat(value)
                yield number, [cells.get(name) for name in names]


def form_of(file: Opened, language: str = "en", sheet: str = "") -> FileForm:
    """Recognise how the file is written; ``sheet`` chooses one of a workbook.

    Raises UnreadableFile.
    """
    if file.form == "parquet":
        return FileForm("parquet")
    if file.form == "workbook":
        of = workbooks.sheets(file.path)
        return FileForm("workbook", sheet=sheet or workbooks.chosen_sheet(of).name)
    text = delimited.text_form(file.path, language)
    stream, encoding = delimited.byte_lines(file.path, text.encoding)
    with stream:
        beginning = stream.read(1000).decode(encoding, "replace").lstrip("\ufeff")
    if objects.looks_like_json([beginning]):
        return FileForm("json", encoding=text.encoding, is_certain=text.is_certain)
    return FileForm(
        "delimited", text.encoding, text.delimiter, text.quote, "", text.is_certain
    )


def source_of(file: Opened, form: FileForm) -> TableSource:
    """The table of the file, its header found. Raises UnreadableFile."""
    if form.kind == "parquet":
        names_of_columns = tuple(columnar.header(file.path))
        return _bounded(TableSource(file, form, Layout((), names_of_columns, 1)))
    if form.kind == "json":
        names: dict[str, None] = {}
        for _, value in islice(objects.objects(file.path, form.encoding), 1000):
            if isinstance(value, dict):
                names.update(dict.fromkeys(objects.flat(value)))
        return _bounded(TableSource(file, form, Layout((), tuple(names), 1)))
    rows = (
        _workbook_rows(file.path, form.sheet)
        if form.kind == "workbook"
        else _text_rows(file.path, form.text, None)
    )
    head = [
        (number, cells)
        for number, cells in islice(rows, HEAD)
        if not isinstance(cells, InvalidInput)
    ]
    return _bounded(TableSource(file, form, layout_of(head)))


def _bounded(source: TableSource) -> TableSource:
    """The table, if it has not more columns than any case has facts."""
    if len(source.layout.names) > limits.FACTS:
        raise UnreadableFile("too_many_columns", limit=limits.FACTS)
    return source


def _workbook_rows(path: Path, sheet: str) -> Iterator[Record]:
    for number, cells in workbooks.records(path, sheet):
        yield number, list(cells)


def _text_rows(path: Path, form: TextForm, columns: int | None) -> Iterator[Record]:
    for number, values in delimited.records(path, form, columns):
        if isinstance(values, InvalidInput):
            yield number, values
        else:
            yield number, list(values)

"""Workbooks: XLSX, XLSM, XLSB, XLS and ODS, read by python-calamine.

What calamine does not say of an XLSX is read from the sheet's own XML: cells that hold
an error, formulas that no program has calculated yet (both come as empty texts), and
the display formats like ``00000`` that give a number its leading zeros.
"""

import datetime
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree
from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    ZipError,
)

from training.tables.cells import Cell, CellProblem
from training.tables.problems import UnreadableFile

_SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ZEROS = re.compile(r"^0{2,20}$")
_CELL = re.compile(rb"<c\s([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_ATTRIBUTE = re.compile(rb'(\w+)="([^"]*)"')
_PLACE = re.compile(r"^([A-Z]+)(\d+)$")
_ERRORS = re.compile(rb"<v>(.*?)</v>", re.DOTALL)


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook; a hidden one is said to be, and may be chosen."""

    name: str
    is_hidden: bool
    rows: int


@dataclass
class _Notes:
    """What the XML of a sheet says of its cells, by row and column from 1."""

    problems: dict[tuple[int, int], CellProblem] = field(default_factory=dict)
    zeros: dict[tuple[int, int], int] = field(default_factory=dict)


def sheets(path: Path) -> list[Sheet]:
    """The sheets that hold cells, in the order of the workbook.

    Raises UnreadableFile: protected by a password, damaged, or without a table.
    """
    workbook = _open(path)
    listed = []
    for metadata in workbook.sheets_metadata:
        if metadata.typ != SheetTypeEnum.WorkSheet:
            continue
        height = workbook.get_sheet_by_name(metadata.name).total_height
        hidden = metadata.visible != SheetVisibleEnum.Visible
        listed.append(Sheet(metadata.name, hidden, height))
    if not any(sheet.rows for sheet in listed):
        raise UnreadableFile("empty")
    return listed


def chosen_sheet(of: list[Sheet]) -> Sheet:
    """The sheet proposed: the longest of those that are visible."""
    return max(of, key=lambda sheet: (not sheet.is_hidden, sheet.rows))


def _open(path: Path) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(str(path))
    except PasswordError as trouble:
        raise UnreadableFile("password") from trouble
    except (CalamineError, ZipError, OSError, ValueError) as trouble:
        raise UnreadableFile("damaged") from trouble


def records(path: Path, name: str) -> Iterator[tuple[int, list[Cell]]]:
    """The rows of the sheet by their numbers in the workbook, from 1.

    Raises UnreadableFile where the workbook has no such sheet.
    """
    workbook = _open(path)
    if name not in workbook.sheet_names:
        raise UnreadableFile("no_sheet", name=name)
    sheet = workbook.get_sheet_by_name(name)
    top, left = sheet.start or (0, 0)
    notes = _notes(path, name) if zipfile.is_zipfile(path) else _Notes()
    by_row: dict[int, list[int]] = {}
    for row, column in (*notes.problems, *notes.zeros):
        by_row.setdefault(row, []).append(column)
    rows = sheet.to_python(skip_empty_area=True)
    for number, values in enumerate(rows, start=top + 1):
        cells: list[Cell] = [_plain(value) for value in values]
        for column in by_row.get(number, ()):
            place = column - left - 1
            while place >= len(cells):
                cells.append(None)
            if place >= 0:
                cells[place] = _noted(notes, (number, column), cells[place])
        yield number, cells


def _plain(value: Any) -> Cell:
    if isinstance(value, str):
        return value or None
    if isinstance(value, datetime.timedelta):
        return str(value)
    return value  # type: ignore[no-any-return]


def _noted(notes: _Notes, place: tuple[int, int], cell: Cell) -> Cell:
    if (problem := notes.problems.get(place)) is not None:
        return problem
    width = notes.zeros.get(place, 0)
    if width and isinstance(cell, int | float) and float(cell).is_integer():
        return f"{int(cell):0{width}d}"
    return cell


def _notes(path: Path, name: str) -> _Notes:
    """What calamine leaves out, read from the sheet's XML if it is an XLSX."""
    with zipfile.ZipFile(path) as archive:
        part = _part_of(archive, name)
        if part is None:
            return _Notes()
        zeros = _zero_styles(archive)
        xml = archive.read(part)
    notes = _Notes()
    if b't="e"' not in xml and b"<f" not in xml and not zeros:
        return notes
    for match in _CELL.finditer(xml):
        attributes = dict(_ATTRIBUTE.findall(match[1]))
        place = _place(attributes.get(b"r", b"").decode())
        if place is None:
            continue
        content = match[2] or b""
        address = attributes[b"r"].decode()
        if attributes.get(b"t") == b"e":
            text = _ERRORS.search(content)
            error = text[1].decode("utf-8", "replace") if text else ""
            if error != "#N/A":  # the formula says itself that nothing is known
                notes.problems[place] = CellProblem(address, "error", error)
        elif b"<f" in content and not _ERRORS.search(content):
            notes.problems[place] = CellProblem(address, "formula")
        elif (width := zeros.get(attributes.get(b"s", b"").decode())) is not None:
            notes.zeros[place] = width
    return notes


def _place(address: str) -> tuple[int, int] | None:
    match = _PLACE.match(address)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


def _part_of(archive: zipfile.ZipFile, name: str) -> str | None:
    """The part of the package that holds the sheet of this name."""
    try:
        workbook = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ParseError):
        return None
    targets = {r.get("Id"): r.get("Target") or "" for r in relations}
    for sheet in workbook.iter(f"{_SPREADSHEET}sheet"):
        if sheet.get("name") == name:
            target = targets.get(sheet.get(_RELATIONS), "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return part if part in archive.namelist() else None
    return None


def _zero_styles(archive: zipfile.ZipFile) -> dict[str, int]:
    """The styles that show a number with leading zeros, and how many digits it has."""
    try:
        styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
    except (KeyError, ParseError):
        return {}
    formats = {
        entry.get("numFmtId"): entry.get("formatCode") or ""
        for entry in styles.iter(f"{_SPREADSHEET}numFmt")
    }
    cells = styles.find(f"{_SPREADSHEET}cellXfs")
    return {
        str(place): len(code)
        for place, style in enumerate(cells if cells is not None else ())
        if _ZEROS.match(code := formats.get(style.get("numFmtId"), ""))
    }

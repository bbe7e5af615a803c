"""The cells of a table, as the forms of files hold them."""

import datetime
import math
from dataclasses import dataclass

Value = str | int | float | bool
_MOST_EXACT = 2**53  # beyond it a float no longer holds every whole number


@dataclass(frozen=True)
class CellProblem:
    """A cell that holds no value: its address (``B7``) and ``error`` or ``formula``."""

    address: str
    code: str
    text: str = ""


Cell = (
    str
    | int
    | float
    | bool
    | datetime.date
    | datetime.time
    | datetime.timedelta
    | CellProblem
    | None
)


def text_of(cell: Cell) -> str:
    """A typed cell of a workbook or a Parquet file as the text that says the same.

    A whole number that a workbook holds as a float has no ``.0``; dates are ISO 8601.
    """
    if cell is None:
        return ""
    if isinstance(cell, CellProblem):
        return cell.text
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return ""
        whole = cell.is_integer() and abs(cell) < _MOST_EXACT
        return str(int(cell)) if whole else repr(cell)
    if isinstance(cell, datetime.datetime):
        text = cell.isoformat(sep="T", timespec="seconds")
        return text.removesuffix("T00:00:00")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)

"""What is wrong with a file or a row, in a sentence for who brought it in."""

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from training.tables.problems import UnreadableFile
from training.tables.recipes import Misfit, RefusedRow

LONGEST_TEXT = 60  # characters of a cell that are told back

EXPECTED: dict[str, Promise] = {
    "number": gettext_lazy("a number"),
    "percent": gettext_lazy("a percentage"),
    "money": gettext_lazy("an amount of money in the currency of the column"),
    "date": gettext_lazy("a date in the form of the column"),
    "month": gettext_lazy("a month in the form of the column"),
    "duration": gettext_lazy("a length of time in the unit of the column"),
    "range": gettext_lazy("a range"),
    "yes_no": gettext_lazy("one of the two words of the column"),
}


def refused_row(row: RefusedRow) -> str:
    """Why the row gives no case."""
    if row.reason:
        return row.reason
    if row.columns is not None:
        return _(
            "The line has %(values)d values where the header has %(columns)d columns."
        ) % {"values": row.columns[0], "columns": row.columns[1]}
    return " ".join(misfit(problem) for problem in row.misfits)


def misfit(problem: Misfit) -> str:
    """What is wrong with one cell."""
    text = problem.text
    if len(text) > LONGEST_TEXT:
        text = f"{text[:LONGEST_TEXT]}…"
    places = {
        "column": problem.column,
        "text": text,
        "address": problem.address,
        "expected": str(EXPECTED.get(problem.expected, "")),
    }
    if problem.expected == "error":
        return _("%(column)s: the cell %(address)s holds the error %(text)s.") % places
    if problem.expected == "formula":
        return (
            _(
                "%(column)s: the cell %(address)s holds a formula whose value was not "
                "saved. Open the workbook and save it again."
            )
            % places
        )
    return _("%(column)s: “%(text)s” is not %(expected)s.") % places


_KINDS: dict[str, Promise] = {
    "pdf": gettext_lazy("a PDF document"),
    "picture": gettext_lazy("a picture"),
    "document": gettext_lazy("a text document"),
}


def _several(params: dict[str, Any]) -> str:
    return ngettext(
        "The zip holds %(count)d file (%(names)s). Bring in a zip of one.",
        "The zip holds %(count)d files (%(names)s). Bring them in one by one.",
        params["count"],
    ) % {"count": params["count"], "names": ", ".join(params["names"])}


_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "empty": lambda params: _("The file is empty."),
    "too_large": lambda params: (
        _("The file is larger than %(limit)d GB. Split it and bring in the parts.")
        % {"limit": params["limit"] // 1024**3}
    ),
    "workbook_too_large": lambda params: (
        _(
            "The workbook is larger than %(limit)d MB when it is unpacked. Save its "
            "table as CSV and bring that in."
        )
        % {"limit": params["limit"] // 1024**2}
    ),
    "too_many_columns": lambda params: (
        _(
            "The table has more than %(limit)d columns. Leave some out, then bring it "
            "in."
        )
        % {"limit": params["limit"]}
    ),
    "password": lambda params: _(
        "The file is protected by a password. Save it without one, then bring it in."
    ),
    "damaged": lambda params: _("The file is damaged and cannot be opened."),
    "packed_twice": lambda params: _(
        "The file is packed twice. Unpack it once and bring in what is inside."
    ),
    "several_files": _several,
    "no_table": lambda params: (
        _("The file is %(kind)s, which holds no table.")
        % {"kind": _KINDS[params["kind"]]}
    ),
    "other_archive": lambda params: (
        _("The file is packed as %(kind)s. Unpack it and bring in what is inside.")
        % {"kind": params["kind"]}
    ),
    "no_text": lambda params: _("The file is neither a text nor a workbook."),
    "no_sheet": lambda params: (
        _("The workbook has no sheet “%(name)s”.") % {"name": params["name"]}
    ),
    "nested": lambda params: (
        _("These columns hold lists or records, which no cell can: %(names)s.")
        % {"names": ", ".join(params["names"])}
    ),
}


def unreadable(problem: UnreadableFile) -> str:
    """Why the file as a whole cannot be read."""
    return _SENTENCES[problem.code](problem.params)

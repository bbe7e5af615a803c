"""The lines of a file and the records of a CSV file, each of bounded length.

A line that cannot be read costs that line and no other. What the lines mean is the
matter of ``case_files`` and ``tables``.
"""

import csv
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from django.utils.translation import gettext as _

from preciso import limits
from training.errors import InvalidInput

MOST_RETURNS = 10  # of one line, by records that did not end


@dataclass(frozen=True)
class RefusedLine:
    """A line that was not imported, and why."""

    line: int
    reason: str


@dataclass
class Lines:
    """The lines of a stream as text; ``refused`` collects those that cannot be read.

    A line over the limit is skipped piece by piece, and never whole in memory.
    ``encoding`` is one whose bytes 10 are line feeds and nothing else: UTF-8 or one of
    the encodings of one or two bytes, not UTF-16 (``training.tables.delimited`` recodes
    that).
    """

    stream: BinaryIO
    encoding: str = "utf-8"
    number: int = 0
    refused: list[RefusedLine] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        encoding = self.encoding
        while raw := self.stream.readline(limits.LINE + 1):
            self.number += 1
            if len(raw) > limits.LINE:
                while raw and not raw.endswith(b"\n"):
                    raw = self.stream.readline(limits.LINE)
                self._refuse(_("The line is longer than 1 MB."))
                continue
            if self.number == 1 and encoding == "utf-8":
                raw = raw.removeprefix(BOM_UTF8)
            try:
                yield raw.decode(encoding)
            except UnicodeDecodeError:
                self._refuse(
                    _("The line is not UTF-8 text.")
                    if encoding == "utf-8"
                    else _("The line is no text in the encoding of the file.")
                )

    def take_refused(self) -> list[RefusedLine]:
        """Those refused since this was last called."""
        refused, self.refused = self.refused, []
        return refused

    def _refuse(self, reason: str) -> None:
        self.refused.append(RefusedLine(self.number, reason))


@dataclass(slots=True)
class CsvLine:
    """A line of CSV; ``returned`` counts the records that took it and did not end."""

    number: int
    text: str
    returned: int = 0


class _RecordDoesNotEnd(Exception):
    """A record asks for another line that it must not have."""


class CsvRecords:
    """The records of a CSV file, each with the number of its first line.

    A quote that is opened and never closed would swallow all lines behind it. Of such a
    record, and of one over several lines without exactly the columns of the header,
    the first line is refused, and the other lines are read again. Without ``columns``
    the number of columns is not looked at.
    """

    def __init__(
        self,
        source: Iterator[str],
        lines: Lines,
        delimiter: str,
        columns: int | None,
        quote: str = '"',
    ) -> None:
        self._source, self._lines = source, lines
        self._columns = columns
        self._form: dict[str, str] = {"delimiter": delimiter, "quotechar": quote}
        self._waiting: deque[CsvLine] = deque()
        self._open: list[CsvLine] = []  # the lines of the record that is being read
        self._size = 0

    def __iter__(self) -> Iterator[tuple[int, list[str] | InvalidInput]]:
        # One reader reads until a record fails; then another one begins behind the
        # first line of that record.
        while (refused := (yield from self._until_refused())) is not None:
            yield refused

    def _until_refused(
        self,
    ) -> Generator[
        tuple[int, list[str] | InvalidInput], None, tuple[int, InvalidInput] | None
    ]:
        """The records up to one that is refused, which is returned; None at the end."""
        columns = self._columns
        reader = csv.reader(self._texts(), **self._form)  # type: ignore[arg-type]
        try:
            for values in reader:
                lines = self._open
                if len(lines) > 1 and columns is not None and len(values) != columns:
                    raise _RecordDoesNotEnd
                self._open, self._size = [], 0
                yield lines[0].number, values
        except _RecordDoesNotEnd:
            return self._refuse(_("The line opens a quote that does not end."))
        except csv.Error as trouble:
            return self._refuse(
                _("The line is not valid CSV (%(why)s).") % {"why": trouble}
            )
        return None

    def _refuse(self, reason: str) -> tuple[int, InvalidInput]:
        first, *others = self._open
        for line in reversed(others):
            line.returned += 1
            self._waiting.appendleft(line)
        self._open, self._size = [], 0
        return first.number, InvalidInput(reason)

    def _texts(self) -> Iterator[str]:
        """The lines as the CSV reader asks for them.

        Raises _RecordDoesNotEnd where a record asks for more than it may have: over
        the limits, behind a line that could not be read, or at the end of the file.
        """
        while True:
            line = self._take()
            if self._open:
                self._require_next(line)
            if line is None:
                return
            self._open.append(line)
            self._size += len(line.text)
            yield line.text

    def _take(self) -> CsvLine | None:
        if self._waiting:
            return self._waiting.popleft()
        text = next(self._source, None)
        return None if text is None else CsvLine(self._lines.number, text)

    def _require_next(self, line: CsvLine | None) -> None:
        if line is None:
            raise _RecordDoesNotEnd
        is_full = self._size > limits.LINE or len(self._open) >= limits.LINES
        is_next = line.number == self._open[-1].number + 1  # else one was unreadable
        if is_full or not is_next or line.returned >= MOST_RETURNS:
            self._waiting.appendleft(line)
            raise _RecordDoesNotEnd

"""The lines of a file and the records of a CSV file, each of bounded length.

A line that cannot be read costs that line and no other. What the lines mean is the
matter of ``case_files``.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
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
    """

    stream: BinaryIO
    number: int = 0
    refused: list[RefusedLine] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        while raw := self.stream.readline(limits.LINE + 1):
            self.number += 1
            if len(raw) > limits.LINE:
                while raw and not raw.endswith(b"\n"):
                    raw = self.stream.readline(limits.LINE)
                self._refuse(_("The line is longer than 1 MB."))
                continue
            try:
                yield raw.decode("utf-8-sig" if self.number == 1 else "utf-8")
            except UnicodeDecodeError:
                self._refuse(_("The line is not UTF-8 text."))

    def take_refused(self) -> list[RefusedLine]:
        """Those refused since this was last called."""
        refused, self.refused = self.refused, []
        return refused

    def _refuse(self, reason: str) -> None:
        self.refused.append(RefusedLine(self.number, reason))


@dataclass
class CsvLine:
    """A line of CSV; ``returned`` counts the records that took it and did not end."""

    number: int
    text: str
    returned: int = 0


class CsvRecords:
    """The records of a CSV file, each with the number of its first line.

    A quote that is opened and never closed would swallow all lines behind it. Of such a
    record, and of one over several lines without exactly the columns of the header,
    the first line is refused, and the other lines are read again.
    """

    def __init__(
        self, source: Iterator[str], lines: Lines, delimiter: str, columns: int
    ) -> None:
        self._source, self._lines = source, lines
        self._delimiter, self._columns = delimiter, columns
        self._waiting: deque[CsvLine] = deque()

    def __iter__(self) -> Iterator[tuple[int, list[str] | InvalidInput]]:
        while first := self._take():
            yield first.number, self._record(first)

    def _take(self) -> CsvLine | None:
        if self._waiting:
            return self._waiting.popleft()
        text = next(self._source, None)
        return None if text is None else CsvLine(self._lines.number, text)

    def _record(self, first: CsvLine) -> list[str] | InvalidInput:
        record = _OpenRecord(self, first)
        try:
            values = next(csv.reader(record.texts(), delimiter=self._delimiter), [])
        except csv.Error as trouble:
            self._give_back(record)
            return InvalidInput(
                _("The line is not valid CSV (%(why)s).") % {"why": trouble}
            )
        several = len(record.lines) > 1
        if record.is_cut or (several and len(values) != self._columns):
            self._give_back(record)
            return InvalidInput(_("The line opens a quote that does not end."))
        return values

    def _give_back(self, record: "_OpenRecord") -> None:
        for line in reversed(record.lines[1:]):
            line.returned += 1
            self._waiting.appendleft(line)

    def next_after(self, line: CsvLine) -> CsvLine | None:
        """The line that continues the record; None where the record has to end."""
        following = self._take()
        if following is None:
            return None
        # A gap means that the line between them could not be read.
        is_next = following.number == line.number + 1
        if is_next and following.returned < MOST_RETURNS:
            return following
        self._waiting.appendleft(following)
        return None


class _OpenRecord:
    """The lines that a record has used; ``is_cut`` if it needed more than it gets."""

    def __init__(self, records: CsvRecords, first: CsvLine) -> None:
        self._records, self.lines, self.is_cut = records, [first], False

    def texts(self) -> Iterable[str]:
        size = 0
        while True:
            yield self.lines[-1].text
            size += len(self.lines[-1].text)
            is_full = size > limits.LINE or len(self.lines) >= limits.LINES
            more = None if is_full else self._records.next_after(self.lines[-1])
            if more is None:
                self.is_cut = True
                return
            self.lines.append(more)

"""The lines of a file and the records of CSV: bounded; one bad line costs one line.

Nothing here knows what a line means.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from django.utils.translation import gettext as _

from preciso import limits
from training.errors import InvalidInput

MOST_RETURNS = 10  # times a line is given back by a record that did not end


@dataclass(frozen=True)
class Refusal:
    """A line that was not imported, and why."""

    line: int
    reason: str


@dataclass
class Lines:
    """The lines of a stream as text; ``refused`` collects those that cannot be read.

    A line over the limit is skipped without ever being held in memory.
    """

    stream: BinaryIO
    number: int = 0
    refused: list[Refusal] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        while raw := self.stream.readline(limits.LINE + 1):
            self.number += 1
            if len(raw) > limits.LINE:
                self._skip_rest(raw)
                self._refuse(_("The line is longer than 1 MB."))
                continue
            try:
                yield raw.decode("utf-8-sig" if self.number == 1 else "utf-8")
            except UnicodeDecodeError:
                self._refuse(_("The line is not UTF-8 text."))

    def _skip_rest(self, raw: bytes) -> None:
        while raw and not raw.endswith(b"\n"):
            raw = self.stream.readline(limits.LINE)

    def _refuse(self, reason: str) -> None:
        self.refused.append(Refusal(self.number, reason))


@dataclass
class Line:
    """A line of CSV, and how often a record that did not end gave it back."""

    number: int
    text: str
    returned: int = 0


class CsvRecords:
    """The records of a CSV file, each with the number of its first line.

    A quote that is opened and never closed would take all lines after it: such a
    record, and one over several lines that has not the columns of the header, is
    refused by its first line, and the other lines are read anew.
    """

    def __init__(
        self, source: Iterator[str], lines: Lines, delimiter: str, columns: int
    ) -> None:
        self._source, self._lines = source, lines
        self._delimiter, self._columns = delimiter, columns
        self._waiting: deque[Line] = deque()

    def __iter__(self) -> Iterator[tuple[int, list[str] | InvalidInput]]:
        while first := self._take():
            yield first.number, self._record(first)

    def _take(self) -> Line | None:
        if self._waiting:
            return self._waiting.popleft()
        text = next(self._source, None)
        return None if text is None else Line(self._lines.number, text)

    def _record(self, first: Line) -> list[str] | InvalidInput:
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

    def next_after(self, line: Line) -> Line | None:
        """The line that goes on where this one ends; None where a record must end."""
        following = self._take()
        if following is None:
            return None
        is_next = following.number == line.number + 1  # else one could not be read
        if is_next and following.returned < MOST_RETURNS:
            return following
        self._waiting.appendleft(following)
        return None


class _OpenRecord:
    """The lines that a record has asked for; ``is_cut`` if it asked for too many."""

    def __init__(self, records: CsvRecords, first: Line) -> None:
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

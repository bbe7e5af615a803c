"""Text tables: the encoding, the delimiter and the quote of a file, and its records."""

import codecs
import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from training.errors import InvalidInput
from training.file_lines import CsvRecords, Lines
from training.tables.encodings import Encoding, encoding_of
from training.tables.problems import UnreadableFile

SAMPLE = 1 << 18  # bytes from the beginning of a file
SAMPLE_BEYOND_ASCII = 1 << 16  # and of lines further on that are not ASCII
CHUNK = 1 << 20
DELIMITERS = (",", ";", "\t", "|")
RARE_DELIMITERS = ("^", "~", "¦", "§", "\x1f", "\x01", ":")
_SEPARATOR_LINE = re.compile(r"^\ufeff?sep=(.)\r?\n?$", re.IGNORECASE)


@dataclass(frozen=True)
class TextForm:
    """How a text table is written. ``encoding`` is a name of ``encodings``."""

    encoding: str
    delimiter: str = ","
    quote: str = '"'
    is_certain: bool = True  # whether the encoding is proven, not only likely


def text_form(path: Path, language: str = "en") -> TextForm:
    """Recognise the encoding and the delimiter; ``language`` is the reader's.

    Raises UnreadableFile where the bytes are no text.
    """
    sample = _sample(path)
    encoding = encoding_of(sample, language)
    if encoding is None or _is_binary(sample, encoding):
        raise UnreadableFile("no_text")
    lines = _first_lines(path, encoding.name)
    delimiter, quote = dialect_of(lines)
    return TextForm(encoding.name, delimiter, quote, encoding.is_certain)


def _sample(path: Path) -> bytes:
    """The beginning of the file, and the first lines beyond it that are not ASCII.

    One Korean name in the last row of a file tells its encoding.
    """
    with path.open("rb") as stream:
        sample = stream.read(SAMPLE) + stream.readline(CHUNK)
        if not sample.isascii() or b"\x00" in sample:
            return sample
        further = bytearray()
        while len(further) < SAMPLE_BEYOND_ASCII and (chunk := stream.read(CHUNK)):
            chunk += stream.readline(CHUNK)
            if not chunk.isascii():
                for line in chunk.splitlines(keepends=True):
                    if not line.isascii():
                        further += line
        return sample + bytes(further[:SAMPLE_BEYOND_ASCII])


def _is_binary(sample: bytes, encoding: Encoding) -> bool:
    if encoding.name.startswith("utf-16"):
        return False
    control = sum(sample.count(bytes([n])) for n in (0, 1, 2, 3, 4, 5, 6, 7, 8))
    return control > len(sample) / 200


def _first_lines(path: Path, encoding: str) -> list[str]:
    stream, name = byte_lines(path, encoding)
    with stream:
        lines = Lines(stream, name)
        return [line for _, line in zip(range(300), lines, strict=False)]


def dialect_of(lines: Sequence[str]) -> tuple[str, str]:
    """The delimiter and the quote by which most lines have equally many fields.

    A first line ``sep=;``, as Excel writes it, says the delimiter itself.
    """
    if lines and (stated := _SEPARATOR_LINE.match(lines[0])):
        return stated[1], '"'
    quote = _quote_of(lines)
    texts = [line for line in lines if line.strip()]
    best, best_score = ",", 0.0
    for delimiter in (*DELIMITERS, *RARE_DELIMITERS):
        score = _score(texts, delimiter, quote)
        if delimiter in RARE_DELIMITERS:
            score *= 0.5  # a colon stands in every time of day
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    return best, quote


def _score(texts: Sequence[str], delimiter: str, quote: str) -> float:
    """How evenly the delimiter divides: the share of records with the commonest number
    of fields, weighed by how many fields that is. 0 where it divides nothing."""
    if not any(delimiter in text for text in texts):
        return 0.0
    try:
        records = list(csv.reader(texts, delimiter=delimiter, quotechar=quote))
    except csv.Error:
        return 0.0
    widths = Counter(len(record) for record in records if record)
    (width, count), *_ = widths.most_common(1) or [(1, 0)]
    if width < 2:
        return 0.0
    return count / len(records) * (1 + math.log2(width) / 4)


def _quote_of(lines: Sequence[str]) -> str:
    double = sum(line.count('"') for line in lines)
    single = sum(len(re.findall(r"(?:^|[,;\t|])'[^']*'(?=[,;\t|]|\r?\n?$)", line))
                 for line in lines)  # fmt: skip
    return "'" if single >= 3 and not double else '"'


class _AsUtf8(io.RawIOBase):
    """A UTF-16 file, or one whose lines end in a carriage return alone, as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str, returns: bool) -> None:
        self._stream, self._returns = stream, returns
        self._decode = codecs.getincrementaldecoder(encoding)("replace").decode
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._ready:
            chunk = self._stream.read(CHUNK)
            text = self._decode(chunk, not chunk)
            if self._returns:
                text = text.replace("\r", "\n")
            self._ready = text.encode("utf-8", "surrogatepass")
            if not chunk:
                break
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def close(self) -> None:
        self._stream.close()
        super().close()


def byte_lines(path: Path, encoding: str) -> tuple[BinaryIO, str]:
    """The bytes of the file with line feeds between its lines, and their encoding.

    UTF-16 comes as UTF-8, and so do files whose lines end in carriage returns alone
    (older programs on the Macintosh). Whoever opens it closes it.
    """
    stream = path.open("rb")
    head = stream.read(SAMPLE)
    stream.seek(0)
    wide = encoding.startswith("utf-16")
    returns = not wide and b"\r" in head and b"\n" not in head
    if not wide and not returns:
        return stream, encoding
    return io.BufferedReader(_AsUtf8(stream, encoding, returns), CHUNK), "utf-8"


def records(
    path: Path, form: TextForm, columns: int | None = None
) -> Iterator[tuple[int, list[str] | InvalidInput]]:
    """The records of the table, each with the number of its first line.

    A line that cannot be read, and a record that does not end, comes as the refusal.
    """
    stream, encoding = byte_lines(path, form.encoding)
    with stream:
        lines = Lines(stream, encoding)
        source = _without_separator_line(iter(lines))
        for number, values in CsvRecords(
            source, lines, form.delimiter, columns, form.quote
        ):
            yield from _unreadable(lines)
            yield number, values
        yield from _unreadable(lines)


def _unreadable(lines: Lines) -> list[tuple[int, InvalidInput]]:
    return [
        (refused.line, InvalidInput(refused.reason)) for refused in lines.take_refused()
    ]


def _without_separator_line(lines: Iterator[str]) -> Iterator[str]:
    first = next(lines, None)
    if first is not None and not _SEPARATOR_LINE.match(first):
        yield first.removeprefix("\ufeff")
    yield from lines

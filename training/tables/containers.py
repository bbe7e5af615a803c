"""What a file is by its first bytes, and what lies inside of a gzip or a zip.

A file is never believed by its name: a workbook called ``.csv`` is a workbook.
"""

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Literal

from preciso import limits
from training.tables.problems import UnreadableFile

Form = Literal["text", "workbook", "parquet"]
CHUNK = 1 << 20
_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EMPTY_ZIP = b"PK\x05\x06"
_PARQUET = b"PAR1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DAMAGES = (
    OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
    NotImplementedError,
)  # fmt: skip
_NO_TABLES = {b"%PDF": "pdf", b"\x89PNG": "picture", b"\xff\xd8\xff": "picture"}
_OTHER_ARCHIVES = {
    b"7z\xbc\xaf": "7z",
    b"Rar!": "rar",
    b"BZh": "bzip2",
    b"\xfd7zX": "xz",
}


@dataclass(frozen=True)
class Opened:
    """A file that can be read: where it lies unpacked, what it is, and its name."""

    path: Path
    form: Form
    name: str


@contextmanager
def opened(path: Path, name: str = "") -> Iterator[Opened]:
    """The file, unpacked where it is a gzip or a zip of one file.

    What is unpacked lies in a temporary file for as long as the context lasts. Raises
    UnreadableFile: the file is empty, too large, protected by a password, damaged, or
    of a kind that holds no table.
    """
    name = name or path.name
    size = path.stat().st_size
    if size == 0:
        raise UnreadableFile("empty")
    if size > limits.TABLE:
        raise UnreadableFile("too_large", limit=limits.TABLE)
    with path.open("rb") as stream:
        head = stream.read(8)
    if not head.startswith((_GZIP, _ZIP, _EMPTY_ZIP)):
        yield Opened(path, _form(path, head), name)
        return
    if head.startswith(_ZIP) and (form := _office(path)):
        yield Opened(path, form, name)
        return
    with NamedTemporaryFile(prefix="preciso-table-") as target:
        inner = _unpack(path, head, name, target)
        target.flush()
        with Path(target.name).open("rb") as stream:
            head = stream.read(8)
        unpacked = Path(target.name)
        if not head:
            raise UnreadableFile("empty")
        if head.startswith((_GZIP, _EMPTY_ZIP)):
            raise UnreadableFile("packed_twice")
        if head.startswith(_ZIP):
            if not (office := _office(unpacked)):
                raise UnreadableFile("packed_twice")
            yield Opened(unpacked, office, inner)
            return
        yield Opened(unpacked, _form(unpacked, head), inner)


def _form(path: Path, head: bytes) -> Form:
    if head.startswith(_OLE):
        _refuse_encrypted(path)
        return "workbook"
    if head.startswith(_PARQUET):
        return "parquet"
    for first, kind in _NO_TABLES.items():
        if head.startswith(first):
            raise UnreadableFile("no_table", kind=kind)
    for first, kind in _OTHER_ARCHIVES.items():
        if head.startswith(first):
            raise UnreadableFile("other_archive", kind=kind)
    return "text"


def _refuse_encrypted(path: Path) -> None:
    """A workbook with a password is an OLE file that holds the encrypted package."""
    with path.open("rb") as stream:
        if _ENCRYPTED in stream.read(4 * CHUNK):
            raise UnreadableFile("password")


def _office(path: Path) -> Form | None:
    """Whether the zip is a workbook (XLSX, XLSM, XLSB, ODS)."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if any(name.startswith("xl/workbook.") for name in names):
                return _bounded(archive)
            if "mimetype" in names:
                kind = archive.read("mimetype")[:80]
                if b"opendocument.spreadsheet" in kind:
                    return _bounded(archive)
                raise UnreadableFile("no_table", kind="document")
            if "[Content_Types].xml" in names:
                raise UnreadableFile("no_table", kind="document")
    except (zipfile.BadZipFile, OSError, RuntimeError) as trouble:
        raise UnreadableFile("damaged") from trouble
    return None


def _bounded(archive: zipfile.ZipFile) -> Form:
    """A workbook whose parts would unpack to more than the limit is not opened."""
    if sum(entry.file_size for entry in archive.infolist()) > limits.WORKBOOK:
        raise UnreadableFile("workbook_too_large", limit=limits.WORKBOOK)
    return "workbook"


def _unpack(path: Path, head: bytes, name: str, target: IO[bytes]) -> str:
    """Unpack the only file inside into ``target``; returns its name."""
    try:
        if head.startswith(_GZIP):
            with gzip.open(path) as stream:
                _copy(stream, target)
            return name.removesuffix(".gz")
        with zipfile.ZipFile(path) as archive:
            entry = _only_entry(archive)
            with archive.open(entry) as stream:
                _copy(stream, target)
            return Path(entry.filename).name
    except _DAMAGES as trouble:
        raise UnreadableFile("damaged") from trouble


def _only_entry(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one file of the zip; what systems add to it by themselves is passed over."""
    entries = [
        entry
        for entry in archive.infolist()
        if not entry.is_dir()
        and not entry.filename.startswith("__MACOSX/")
        and Path(entry.filename).name not in (".DS_Store", "Thumbs.db", "desktop.ini")
    ]
    if not entries:
        raise UnreadableFile("empty")
    if len(entries) > 1:
        names = [Path(entry.filename).name for entry in entries[:5]]
        raise UnreadableFile("several_files", count=len(entries), names=names)
    if entries[0].flag_bits & 0x1:
        raise UnreadableFile("password")
    return entries[0]


def _copy(source: IO[bytes] | gzip.GzipFile, target: IO[bytes]) -> None:
    """Copy by chunks. What a header says of the size is not believed."""
    size = 0
    while chunk := source.read(CHUNK):
        size += len(chunk)
        if size > limits.TABLE:
            raise UnreadableFile("too_large", limit=limits.TABLE)
        target.write(chunk)

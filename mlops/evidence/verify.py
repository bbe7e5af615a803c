"""Check an evidence pack: ``python -m mlops.verify pack.zip [--head HASH]``.

The standard library is enough: no Django, no database, no network. Ends with 0 if the
pack is as it was made, with 1 and the name of each item that is not. ``--head``
compares with a head kept elsewhere: a pack that somebody made anew as a whole is
consistent in itself, and shows only against that.
"""

import argparse
import hashlib
import json
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from mlops.evidence.checks import CHECKS
from mlops.evidence.pack_format import (
    CHUNK,
    LOCAL,
    MANIFEST,
    Item,
    MalformedManifest,
    ZipEntry,
    contents,
    directory,
    head_of,
    local_header,
    parse_manifest,
)

LARGEST_MANIFEST = 1 << 20
UNSOUND = (  # what reading a damaged zip may raise
    zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError, EOFError,
    RuntimeError,
)  # fmt: skip
CRC = slice(14, 18)  # its place in the header before a file
REWRITTEN = (
    "The zip around the contents was changed or written anew, from the header of "
    "manifest.json on; the contents are as packed."
)


@dataclass
class PackReader:
    """What was read of a pack, and where each item's content begins."""

    stream: BinaryIO
    items: list[Item] = field(default_factory=list)
    begins: dict[str, int] = field(default_factory=dict)

    def json(self, path: str) -> Any:
        return json.loads(b"".join(self._pieces(path)))

    def lines(self, path: str) -> Iterator[tuple[int, Any]]:
        """The numbered lines of an item, read one by one."""
        size = next(item.size for item in self.items if item.path == path)
        self.stream.seek(self.begins[path])
        number = 0
        while size > 0 and (line := self.stream.readline(size)):
            size -= len(line)
            number += 1
            yield number, json.loads(line)

    def _pieces(self, path: str) -> Iterator[bytes]:
        size = next(item.size for item in self.items if item.path == path)
        self.stream.seek(self.begins[path])
        return contents(self.stream, size)


class CannotFollow(Exception):
    """The pack cannot be followed further; the argument names the item."""


def verify(stream: BinaryIO) -> tuple[list[str], str]:
    """The problems of a pack in sentences that name the item, and its head."""
    pack = PackReader(stream)
    problems = _walked(pack)
    if not problems:
        return _inconsistencies(pack), head_of(pack.items)
    # A zip that another program put together can still be read name by name.
    problems_by_name = _by_name(stream)
    if problems_by_name == [] and not pack.begins:
        problems_by_name = [REWRITTEN]
    return problems_by_name or problems, head_of(pack.items) if pack.items else ""


def _walked(pack: PackReader) -> list[str]:
    """Follow the bytes from first to last, knowing what each must be."""
    pack.stream.seek(0)
    problems: list[str] = []
    try:
        entries = [_manifest(pack)]
        for item in pack.items:
            entry, problem = _item(pack, item)
            entries.append(entry)
            problems += [problem] if problem else []
        if not problems:
            _directory(pack, entries)
    except CannotFollow as place:
        problems.append(str(place))
    return problems


def _manifest(pack: PackReader) -> ZipEntry:
    header = pack.stream.read(LOCAL.size + len(MANIFEST))
    if len(header) < LOCAL.size:
        raise CannotFollow("This is not an evidence pack: manifest.json is missing.")
    size = LOCAL.unpack_from(header)[7]
    if size > LARGEST_MANIFEST:
        raise CannotFollow("The zip header of manifest.json was changed.")
    content = pack.stream.read(size)
    entry = ZipEntry(MANIFEST, size, zlib.crc32(content))
    try:
        pack.items = parse_manifest(content)
    except MalformedManifest as wrong:
        raise CannotFollow(f"manifest.json was changed: {wrong}.") from wrong
    if header != local_header(entry):
        raise CannotFollow("The zip header of manifest.json was changed.")
    return entry


def _item(pack: PackReader, item: Item) -> tuple[ZipEntry, str]:
    """The entry that is there, and its problem if it has one. Raises CannotFollow."""
    offset = pack.stream.tell()
    header = pack.stream.read(LOCAL.size + len(item.path))
    pack.begins[item.path] = pack.stream.tell()
    digest, crc, size = hashlib.sha256(), 0, 0
    for piece in contents(pack.stream, item.size):
        digest.update(piece)
        crc = zlib.crc32(piece, crc)
        size += len(piece)
    entry = ZipEntry(item.path, item.size, crc, offset)
    expected = local_header(entry)
    if size == item.size and digest.hexdigest() == item.sha256:
        changed = f"The zip header of {item.path} was changed."
        return entry, "" if header == expected else changed
    if _without_crc(header) != _without_crc(expected):
        raise CannotFollow(
            f"{item.path} was removed or changed: it is not where it belongs."
        )
    return entry, f"{item.path} was changed."


def _without_crc(header: bytes) -> bytes:
    return header[: CRC.start] + header[CRC.stop :]


def _directory(pack: PackReader, entries: list[ZipEntry]) -> None:
    for path, expected in directory(entries):
        if pack.stream.read(len(expected)) != expected:
            name = f"The entry of {path} in the zip directory" if path else "The end"
            raise CannotFollow(f"{name} was changed; the contents are as packed.")
    if pack.stream.read(1):
        raise CannotFollow(
            "Something was added after the end; the contents are as packed."
        )


def _by_name(stream: BinaryIO) -> list[str] | None:
    """What is wrong with the contents of a zip, whoever wrote it; None: no sound zip.

    Empty where the contents are right.
    """
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            kinds = {entry.compress_type for entry in archive.infolist()}
            if kinds - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                return None
            return list(_differences(archive))
    except UNSOUND:
        return None


def _differences(archive: zipfile.ZipFile) -> Iterator[str]:
    names = archive.namelist()
    if MANIFEST not in names:
        yield "manifest.json was removed."
        return
    try:
        with archive.open(MANIFEST) as file:
            items = parse_manifest(file.read(LARGEST_MANIFEST))
    except MalformedManifest as wrong:
        yield f"manifest.json was changed: {wrong}."
        return
    for item in items:
        if item.path not in names:
            yield f"{item.path} was removed."
        elif _sha256(archive, item.path) != item.sha256:
            yield f"{item.path} was changed."
    known = {MANIFEST, *(item.path for item in items)}
    for name in sorted(set(names) - known):
        yield f"{_printable(name)} was added."
    for name in sorted({name for name in known if names.count(name) > 1}):
        yield f"{name} was added a second time."


def _sha256(archive: zipfile.ZipFile, path: str) -> str:
    digest = hashlib.sha256()
    with archive.open(path) as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _inconsistencies(pack: PackReader) -> list[str]:
    """Where the contents, whole as they are, do not fit each other."""
    problems: list[str] = []
    for check in CHECKS:
        try:
            problems += check(pack)
        except (ValueError, KeyError, TypeError, StopIteration, RuntimeError):
            problems.append("The items do not say what an evidence pack says.")
    return problems


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m mlops.verify", description="Check an evidence pack."
    )
    parser.add_argument("pack", type=Path, help="the zip file")
    parser.add_argument("--head", help="its head, as noted elsewhere")
    options = parser.parse_args(arguments)
    try:
        with options.pack.open("rb") as stream:
            problems, head = verify(stream)
    except OSError as unreadable:
        problems, head = [f"{options.pack} cannot be read: {unreadable.strerror}."], ""
    if head and options.head is not None and head != options.head.strip().lower():
        problems.append(f"The head is {head}, not the one you noted.")
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(f"The pack is as it was made. Its head is {head}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

"""The form of an evidence pack: a zip whose every byte follows from its contents.

``manifest.json`` comes first and lists the other items in order, each with its sha256
and a chain: the hash of an item's line covers the one before it (as the audit trail
does). The last one is the head of the pack. Items are stored, not compressed, with no
times and no owners, so equal contents are equal bytes and a reader can tell what every
byte must be. Plain Python: the verifier runs without Django.
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from training.canonical import record_sha256, sha256_json, sha256_text

FORMAT = "preciso-evidence-1"
GENESIS = sha256_text(FORMAT)
MANIFEST = "manifest.json"
CHUNK = 1 << 20
LARGEST = 0xFFFFFFFF  # bytes; beyond it a zip needs another form
LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
NEEDED, UNIX, STORED, MIDNIGHT, DAY_ONE = 20, 3 << 8, 0, 0, 0x21  # 1980-01-01
READABLE_FILE = 0o100644 << 16


class PackTooLarge(ValueError):
    """More than four gigabytes."""


class MalformedManifest(ValueError):
    """It does not say what a manifest says, or not in the one form it has."""


@dataclass(frozen=True)
class Item:
    """One file of a pack; ``chain`` covers it and all before it."""

    path: str
    size: int
    sha256: str
    chain: str


@dataclass(frozen=True)
class ZipEntry:
    """The fields of one file in the zip's headers."""

    path: str
    size: int
    crc: int
    offset: int = 0


def chain_hash(before: str, path: str, size: int, sha256: str) -> str:
    """The hash of an item's line, which also covers the hash before it."""
    return sha256_text(before + sha256_json([path, size, sha256]))


def head_of(items: list[Item]) -> str:
    return items[-1].chain if items else GENESIS


def link_hash(before: str, content_sha256: str) -> str:
    """The hash of a link, as ``training.services.audit.chain`` writes it."""
    return sha256_text(before + content_sha256)


def event_sha256(event: dict[str, Any]) -> str:
    """The hash of an event's content, as its link covers it; empty where it does not
    fit its own detail.

    Where the content has a hash of the detail, the detail itself is beside it.
    """
    if "detail_sha256" not in event:
        return sha256_json(event)
    content = {name: value for name, value in event.items() if name != "detail"}
    fits = "detail" not in event or (
        sha256_json(event["detail"]) == event["detail_sha256"]
    )
    return sha256_json(content) if fits else ""


def record_hash(record: dict[str, Any]) -> str:
    """Of a protected row, told as its type, id, columns and the hash of the others."""
    return record_sha256(
        record["type"], record["id"], record["columns"], record["private_sha256"]
    )


def hash_in_event(event: dict[str, Any], record: dict[str, Any]) -> str:
    """The hash of this record in an event's content; empty if it has none."""
    key = (record["type"], record["id"])
    for row in event.get("records", []):
        if (row["type"], row["id"]) == key:
            return str(row["sha256"])
    return ""


def render(value: Any) -> bytes:
    """JSON to be read: sorted keys, one form. Raises ValueError on NaN and infinity."""
    text = json.dumps(
        value, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False
    )
    return f"{text}\n".encode()


def render_manifest(items: list[Item]) -> bytes:
    return render(
        {
            "format": FORMAT,
            "items": [vars(item) for item in items],
            "head": head_of(items),
        }
    )


def parse_manifest(content: bytes) -> list[Item]:
    """The items of a manifest, their chain computed anew. Raises MalformedManifest."""
    try:
        items = [Item(**line) for line in json.loads(content)["items"]]
        before = GENESIS
        for item in items:
            if chain_hash(before, item.path, item.size, item.sha256) != item.chain:
                raise MalformedManifest("the chain breaks")
            before = item.chain
        if render_manifest(items) != content or not all(map(_is_sound, items)):
            raise MalformedManifest("not in the form of a manifest")
    except MalformedManifest:
        raise
    except (ValueError, KeyError, TypeError, RecursionError) as wrong:
        raise MalformedManifest("not a manifest") from wrong
    return items


def _is_sound(item: Item) -> bool:
    return (
        isinstance(item.path, str)
        and item.path.isascii()
        and type(item.size) is int
        and 0 <= item.size <= LARGEST
    )


def local_header(entry: ZipEntry) -> bytes:
    """The bytes before a file's content."""
    name = entry.path.encode()
    return (
        LOCAL.pack(
            b"PK\x03\x04", NEEDED, 0, STORED, MIDNIGHT, DAY_ONE,
            entry.crc, entry.size, entry.size, len(name), 0,
        )
        + name
    )  # fmt: skip


def directory(entries: list[ZipEntry]) -> Iterator[tuple[str, bytes]]:
    """The bytes after the last file's content, in pieces: which entry, its bytes.

    The last piece, of no entry, ends the zip.
    """
    size, start = 0, 0
    for entry in entries:
        name = entry.path.encode()
        start = entry.offset + LOCAL.size + len(name) + entry.size
        piece = (
            CENTRAL.pack(
                b"PK\x01\x02", UNIX | NEEDED, NEEDED, 0, STORED, MIDNIGHT, DAY_ONE,
                entry.crc, entry.size, entry.size, len(name), 0, 0, 0, 0,
                READABLE_FILE, entry.offset,
            )
            + name
        )  # fmt: skip
        size += len(piece)
        yield entry.path, piece
    n = len(entries)
    yield "", END.pack(b"PK\x05\x06", 0, 0, n, n, size, start, 0)


def contents(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """The next ``size`` bytes, or as many as there are."""
    while size > 0 and (piece := stream.read(min(CHUNK, size))):
        size -= len(piece)
        yield piece


class Packer:
    """Collects items one by one in ``body``, then writes the pack in one go.

    Memory does not grow with the items: each is written as it comes.
    """

    def __init__(self, body: BinaryIO) -> None:
        self._body = body
        self._entries: list[ZipEntry] = []
        self.items: list[Item] = []

    def add(self, path: str, pieces: Iterable[bytes]) -> Item:
        digest, crc, size = hashlib.sha256(), 0, 0
        for piece in pieces:
            digest.update(piece)
            crc = zlib.crc32(piece, crc)
            size += len(piece)
            self._body.write(piece)
        sha256 = digest.hexdigest()
        chain = chain_hash(head_of(self.items), path, size, sha256)
        item = Item(path, size, sha256, chain)
        self.items.append(item)
        self._entries.append(ZipEntry(path, size, crc))
        return item

    def write(self, target: BinaryIO) -> str:
        """Write the pack; returns its head. Raises PackTooLarge."""
        manifest = render_manifest(self.items)
        first = ZipEntry(MANIFEST, len(manifest), zlib.crc32(manifest))
        entries, offset = [], 0
        for entry in [first, *self._entries]:
            entries.append(ZipEntry(entry.path, entry.size, entry.crc, offset))
            offset += LOCAL.size + len(entry.path.encode()) + entry.size
        if offset > LARGEST:
            raise PackTooLarge(f"{offset} bytes")
        self._body.seek(0)
        for entry in entries:
            target.write(local_header(entry))
            if entry.path == MANIFEST:
                target.write(manifest)
                continue
            for piece in contents(self._body, entry.size):
                target.write(piece)
        for _path, piece in directory(entries):
            target.write(piece)
        return head_of(self.items)

"""The sealer's last head, kept outside the tables that it seals.

A small file in the data directory of each host that runs a worker: a head that the
sealer there has written or met. Beside it the anchors, one a day, in a file that only
grows. Whoever rewrites the chain in the database leaves them behind, and the sealer
refuses to go on.
"""

import json
import logging
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

from training.models import AuditLink

logger = logging.getLogger(__name__)
FOLDER, FILE = "audit", "head.json"
_unreadable: set[object] = set()


@dataclass(frozen=True)
class Head:
    position: int
    hash: str


@dataclass(frozen=True)
class Contradiction:
    """The chain no longer passes through the head that was stored.

    ``actual`` is the hash at its position; empty where the chain does not reach it.
    """

    stored: Head
    actual: str

    def __str__(self) -> str:
        if not self.actual:
            return (
                f"the chain ends before position {self.stored.position}, which was "
                "chained already"
            )
        return (
            f"position {self.stored.position} was chained as {self.stored.hash} and is "
            f"{self.actual} now"
        )


def folder() -> Path:
    return Path(settings.DATA_DIR) / FOLDER


def anchor_file() -> Path:
    return Path(settings.AUDIT_ANCHOR_FILE or folder() / "anchors.jsonl")


def stored_heads() -> list[Head]:
    """The last head and the last anchor, those that there are.

    One that cannot be read is logged, and is none.
    """
    heads = []
    for read in (_last_head, _last_anchor):
        try:
            head = read()
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError):
            if read not in _unreadable:  # once: the sealer looks every second
                logger.exception("A kept head of the audit chain is unreadable.")
            _unreadable.add(read)
            continue
        if head is not None:
            heads.append(head)
    return heads


def _last_head() -> Head:
    return _head((folder() / FILE).read_text())


def _last_anchor() -> Head | None:
    line = last_anchor()
    return _head(line) if line else None


def last_anchor() -> str:
    """The last line; raises OSError."""
    lines = anchor_file().read_text().splitlines()
    return lines[-1] if lines else ""


def _head(text: str) -> Head:
    content = json.loads(text)
    return Head(int(content["position"]), str(content["hash"]))


def contradiction(heads: list[Head]) -> Contradiction | None:
    """What the chain has in place of a head that was kept.

    Read the files before the database: another worker may be ahead of both.
    """
    positions = [stored.position for stored in heads]
    links = dict(
        AuditLink.objects.filter(position__in=positions).values_list("position", "hash")
    )
    for stored in heads:
        actual = links.get(stored.position, "")
        if stored.position and actual != stored.hash:
            return Contradiction(stored, actual)
    return None


def accept(head: Head) -> None:
    """The chain goes on from here, as a person says."""
    keep_head(head)
    append_anchor({**asdict(head), "accepted": True})


def append_anchor(line: dict[str, object]) -> None:
    """Add a line to the anchors, and see it on the disk. Raises OSError."""
    target = anchor_file()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("a") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def keep_head(head: Head) -> None:
    """Whole or not at all, and on the disk. A disk that refuses stops no chain."""
    try:
        write_whole(folder() / FILE, json.dumps(asdict(head)).encode())
    except OSError:
        logger.exception("The head of the audit chain could not be kept.")


def write_whole(target: Path, content: bytes) -> None:
    """All of it or what was there before, and on the disk. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)

"""Directories of files in Django's artifact storage, with a manifest of hashes.

Everything goes through the storage API, so that one host can read what another wrote.
"""

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from django.core.files import File
from django.core.files.storage import storages
from django.utils.translation import gettext as _

from preciso.redaction import redact
from training.canonical import sha256_json
from training.errors import DomainError

Entry = dict[str, Any]  # {"path", "sha256", "size"}
CHUNK = 1 << 20


class ArtifactMissing(DomainError):
    """A file of the manifest is missing from the store."""

    code = "artifact_missing"


class ArtifactChanged(DomainError):
    """A file has another content than its manifest says."""

    code = "artifact_changed"


def file_sha256(stream: BinaryIO) -> str:
    """Hexadecimal sha256 of the rest of the stream, from where it is read next."""
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def manifest_sha256(manifest: Iterable[Entry]) -> str:
    """One hash for a directory: of its paths, sizes and hashes, in path order."""
    return sha256_json(sorted([e["path"], e["size"], e["sha256"]] for e in manifest))


def store_directory(directory: Path, prefix: str) -> list[Entry]:
    """Copy every regular file below ``directory`` to ``prefix``; returns the manifest.

    Links are left out: they could lead anywhere on the machine that trained.
    """
    storage = storages["artifacts"]
    manifest: list[Entry] = []
    for path in sorted(directory.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        name = _stored_name(path.relative_to(directory), manifest)
        with path.open("rb") as stream:
            digest = file_sha256(stream)
            stream.seek(0)
            target = f"{prefix}/{name}"
            if storage.exists(target):  # an earlier try of the same attempt
                storage.delete(target)
            storage.save(target, File(stream))
        manifest.append(
            {"path": str(name), "sha256": digest, "size": path.stat().st_size}
        )
    return manifest


def _stored_name(path: Path, manifest: list[Entry]) -> PurePosixPath:
    """The name of the file in the store.

    A trainer may have put a secret of its environment into the name, so secrets are
    redacted. Two names may be equal then; the later one gets an underscore.
    """
    name = PurePosixPath(*(redact(part) for part in path.parts))
    names = {entry["path"] for entry in manifest}
    while str(name) in names:
        name = name.with_name(f"{name.name}_")
    return name


def fetch_directory(prefix: str, manifest: Iterable[Entry], target: Path) -> Path:
    """Bring the files to ``target`` and check each against the manifest.

    Raises ArtifactMissing or ArtifactChanged naming the file; ``target`` is then gone.
    """
    storage = storages["artifacts"]
    try:
        for entry in manifest:
            path = target / safe_path(entry["path"])
            path.parent.mkdir(parents=True, exist_ok=True)
            with (
                storage.open(f"{prefix}/{entry['path']}", "rb") as source,
                path.open("wb") as copy,
            ):
                shutil.copyfileobj(source, copy, CHUNK)
            with path.open("rb") as copy:
                if file_sha256(copy) != entry["sha256"]:
                    raise ArtifactChanged(
                        _("The model file %(name)s was changed after training.")
                        % {"name": entry["path"]}
                    )
    except FileNotFoundError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise ArtifactMissing(
            _("A model file is gone from the artifact store.")
        ) from error
    except ArtifactChanged:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return target


def safe_path(name: str) -> PurePosixPath:
    """A relative path that stays below where it is put. Raises ArtifactChanged."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ArtifactChanged(_("The manifest names a file outside the model."))
    return path

"""What all tests of a module begin with, built once and undone after the module.

A transaction of the module's own holds the rows; each test's transaction lies inside
it and is rolled back to where the module began. Every database test of the module sees
the rows, so a module with a stage has no test that wants an empty system.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import override_settings


def data_settings(folder: Path) -> dict[str, Any]:
    """The settings under which ``folder`` is the data directory."""
    artifacts = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": folder / "artifacts"},
    }
    return {
        "DATA_DIR": folder,
        "STORAGES": {**settings.STORAGES, "artifacts": artifacts},
    }


@dataclass(frozen=True)
class Stage:
    """``folder`` holds the files that belong to the rows."""

    folder: Path
    blocker: Any

    @contextmanager
    def building(self, **changes: Any) -> Iterator[None]:
        """The database is open, files go to the stage, and ``changes`` are set."""
        here = override_settings(**data_settings(self.folder), **changes)
        with self.blocker.unblock(), here:
            yield


@contextmanager
def open_stage(folder: Path, blocker: Any) -> Iterator[Stage]:
    with blocker.unblock():
        whole = transaction.atomic()
        whole.__enter__()
    try:
        yield Stage(folder, blocker)
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            whole.__exit__(None, None, None)

"""Only one process tells MLflow, and it ends with the worker that started it."""

import os
import threading
import time
from types import TracebackType
from typing import Self

from django.db import DatabaseError, connection

from mlops.models import MirrorLease

LEASE_SECONDS = 30.0
EXTEND_EVERY = 10.0
LOOK_EVERY = 0.5
LOST = 75  # "try again later", as sysexits.h calls it


class LeaseTaken(Exception):
    """Another process tells MLflow right now."""


class HeldLease:
    """The mirror's lease, kept by a thread while the block runs.

    The process ends at once, whatever it is doing, when the lease cannot be extended
    (somebody else may hold it by now) or when its parent is gone: what it was telling
    will be told again. Raises LeaseTaken on entering.
    """

    def __init__(self, holder: str, *, parent: int | None = None) -> None:
        self._holder = holder
        self._parent = parent
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> Self:
        if not MirrorLease.objects.take(self._holder, seconds=LEASE_SECONDS):
            raise LeaseTaken
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()
        MirrorLease.objects.give_back(self._holder)

    def _keep(self) -> None:
        held_until = time.monotonic() + LEASE_SECONDS
        extend_at = time.monotonic() + EXTEND_EVERY
        try:
            while not self._done.wait(LOOK_EVERY):
                now = time.monotonic()
                if self._is_orphan() or now >= held_until:
                    os._exit(LOST)
                if now >= extend_at:
                    extend_at = now + EXTEND_EVERY
                    held_until = self._extend(now, held_until)
        finally:
            connection.close()

    def _extend(self, now: float, held_until: float) -> float:
        """Until when it is held, by our own clock."""
        try:
            is_held = MirrorLease.objects.take(self._holder, seconds=LEASE_SECONDS)
        except DatabaseError:
            return held_until
        return now + LEASE_SECONDS if is_held else now

    def _is_orphan(self) -> bool:
        return self._parent is not None and os.getppid() != self._parent

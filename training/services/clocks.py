"""Each program compares its clock with the database's, and says when it is wrong."""

import logging
import socket
import threading
from contextlib import suppress
from typing import Any

from django.db import close_old_connections, connection

from preciso.clock import PROCESS_CLOCK, DatabaseNow
from training.models.clocks import ClockReading

logger = logging.getLogger(__name__)
COMPARE_EVERY = 30.0  # seconds


def compare_clock(program: str) -> None:
    """Keep how far this program's clock is away, and log it, while it is wrong."""
    name = f"{program} on {socket.gethostname()}"
    if not PROCESS_CLOCK.is_wrong():
        if ClockReading.objects.filter(name=name).delete()[0]:
            logger.warning("the clock of %s is right again", name)
        return
    ahead = PROCESS_CLOCK.ahead()
    logger.error(
        "the clock of %s is %.1f s ahead of the database's: it switches no model; "
        "set it right (NTP)",
        name,
        ahead.total_seconds(),
    )
    at: Any = DatabaseNow()
    if connection.vendor == "sqlite":  # its clock is this program's
        at -= ahead
    ClockReading.objects.update_or_create(
        name=name, defaults={"ahead": ahead.total_seconds(), "at": at}
    )


def compare_worker_clock() -> None:
    compare_clock("worker")


def watch_web_clock() -> threading.Thread:
    """Compare this web process's clock again and again, in a thread of its own."""

    def run() -> None:
        pause = threading.Event()
        while True:
            try:
                close_old_connections()
                compare_clock("web")
            except Exception:
                logger.exception("the clock could not be compared")
            with suppress(Exception):
                connection.close()
            pause.wait(COMPARE_EVERY)

    thread = threading.Thread(target=run, name="preciso-clock", daemon=True)
    thread.start()
    return thread

"""Huey adapters: the doorbell, and the threads that heal what a message missed.

A message only says that there is work; whoever hears it takes the best row.
"""

import logging
import threading
from contextlib import suppress

from django.conf import settings
from django.db import close_old_connections, connection, transaction
from huey.contrib.djhuey import HUEY, db_task, on_startup

from training import execution
from training.execution.job_handlers import Loop, loops

logger = logging.getLogger(__name__)
_started = threading.Lock()
ENOUGH_RINGS = 16  # more waiting messages would wake nobody else
LOOK_EVERY = 1.0  # seconds between looks for due jobs that nobody was told of


@db_task(retries=0)
def work() -> None:
    """There is work."""
    execution.work(HUEY.closing.is_set)


def ring_after_commit() -> None:
    """Ring the doorbell once the transaction holds.

    Robust: with the broker down the row still stands, and a sweep finds it.
    """
    transaction.on_commit(ring, robust=True)


def ring() -> None:
    """Wake workers, unless enough messages wait: whoever hears one sees every row."""
    if HUEY.pending_count() < ENOUGH_RINGS:
        work()


def ring_if_forgotten() -> None:
    """Ring for due jobs whose message was lost or whose pause is over."""
    if not HUEY.pending_count() and execution.claimable():
        work()


@on_startup()
def start_loops() -> None:
    """Start this process' loops once; Huey calls this in each of its threads."""
    if _started.acquire(blocking=False):
        start_loop(Loop("look", LOOK_EVERY, ring_if_forgotten))
        start_loop(Loop("sweep", settings.JOB_SWEEP_SECONDS, sweep))
        for loop in loops():
            start_loop(loop)


def sweep() -> None:
    """Give lost jobs back, and say that this worker lives."""
    execution.beat()
    for job_id in execution.reap_lost_jobs():
        logger.warning("job %d had lost its worker", job_id)


def start_loop(loop: Loop) -> None:
    """Call its function again and again in a daemon thread until Huey closes.

    A failure is logged and the next round comes anyway.
    """

    def run() -> None:
        while True:
            try:
                close_old_connections()
                loop.function()
            except Exception:
                logger.exception("the %s loop failed", loop.name)
            if HUEY.closing.wait(loop.seconds):
                break
        with suppress(Exception):
            connection.close()

    threading.Thread(target=run, name=f"preciso-{loop.name}", daemon=True).start()

"""What the worker does for models and serving besides its jobs: one quiet thread.

It registers completed runs that were missed, judges a new version whose promotion was
missed, and starts the process that tells MLflow whenever there is something to tell.
mlflow itself is never imported here: it would keep about 200 MB in the worker and hold
up its other threads while it loads.
"""

import logging
import os
import subprocess
import sys
import threading
import time

from django.conf import settings
from django.db import close_old_connections, connection
from huey.contrib.djhuey import HUEY, on_shutdown, on_startup

from mlops.mirror.outbox import enqueue_missing, is_work_due
from mlops.serving.model_registry import register_missing
from mlops.serving.promotion import consider_newest

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0
LINGER_SECONDS = "10"
STOP_SECONDS = 5.0
PAUSE_AFTER_FAILURE = 30.0
PAUSE_AFTER_TROUBLE = 5.0


class MirrorChild:
    """The process that tells MLflow, while there is something to tell."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0

    def ensure_running(self) -> None:
        if self._is_running() or time.monotonic() < self._not_before:
            return
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "mirror"]
        command += ["--linger", LINGER_SECONDS, "--parent", str(os.getpid())]
        # A session of its own: Ctrl-C in the worker's terminal is the worker's.
        self._process = subprocess.Popen(  # noqa: S603 - nothing of it comes from outside
            command, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def _is_running(self) -> bool:
        """Also notes when it ended badly: starting it costs seconds of a processor."""
        if self._process is None:
            return False
        ended = self._process.poll()
        if ended is not None:
            self._process = None
            if ended:
                self._not_before = time.monotonic() + PAUSE_AFTER_FAILURE
        return ended is None

    def stop(self) -> None:
        """End it within seconds; what it was telling will be told again."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Caretaker:
    """The thread; one per worker process, however often it is started or stopped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="caretaker", daemon=True
                )
                self._thread.start()

    def stop(self) -> None:
        with self._lock:
            self._stop.set()
            if self._thread is not None:
                self._thread.join()
                self._thread = None

    def _run(self) -> None:
        child, sweep_at = MirrorChild(), 0.0
        # ``closing`` is set at once when the worker is asked to end; the hook that
        # calls ``stop`` runs only when the last job has ended.
        while not (self._stop.is_set() or HUEY.closing.wait(LOOK_EVERY)):
            try:
                if time.monotonic() >= sweep_at:
                    sweep_at = time.monotonic() + settings.JOB_SWEEP_SECONDS
                    register_missing()
                    enqueue_missing()
                    consider_newest()
                if is_work_due():
                    child.ensure_running()
            except Exception:
                logger.exception("Looking after models and MLflow failed; once more.")
                HUEY.closing.wait(PAUSE_AFTER_TROUBLE)
            finally:
                close_old_connections()
        child.stop()
        connection.close()


caretaker = Caretaker()
on_startup(name="mlops-caretaker")(caretaker.start)
on_shutdown(name="mlops-caretaker")(caretaker.stop)

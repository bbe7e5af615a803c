"""The process that imports mlflow: the worker starts it, and so may a person."""

import os
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mlops.mirror.delivery import deliver_due, postpone_due
from mlops.mirror.lease import HeldLease, LeaseTaken
from mlops.mirror.mlflow_client import Unreachable, connect
from mlops.mirror.outbox import enqueue_missing, is_on

POLITENESS = 10  # training and serving come first
LOOK_EVERY = 0.5


class Command(BaseCommand):
    help = "Tell MLflow what it has not been told yet, then leave."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--linger",
            type=float,
            default=0.0,
            metavar="SECONDS",
            help="Stay this long after the last news, to spare the next start.",
        )
        parser.add_argument(
            "--parent", type=int, metavar="PID", help="End when this parent has ended."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_on():
            self.stdout.write("MLflow is switched off (MLFLOW_TRACKING_URI=off).")
            return
        if options["parent"]:
            os.nice(POLITENESS)
        # Ending in good order gives the lease back, so that the next one can start.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        enqueue_missing()
        holder = f"{socket.gethostname()}:{os.getpid()}:{time.time_ns()}"
        try:
            with HeldLease(holder, parent=options["parent"]):
                count = _tell_all(linger=options["linger"])
        except LeaseTaken:
            self.stdout.write("Another process is telling MLflow already.")
            return
        except Unreachable as error:
            raise CommandError(f"MLflow does not answer: {error}") from error
        self.stdout.write(f"told MLflow {count} thing(s)")


def _tell_all(*, linger: float) -> int:
    try:
        store = connect(
            settings.MLFLOW_TRACKING_URI,
            artifact_root=settings.DATA_DIR / "mlartifacts",
        )
    except Unreachable as error:
        postpone_due(error)
        raise
    delivered, last_news = 0, time.monotonic()
    while True:
        if news := deliver_due(store):
            delivered, last_news = delivered + news, time.monotonic()
        if time.monotonic() - last_news >= linger:
            return delivered
        time.sleep(LOOK_EVERY)

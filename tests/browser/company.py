"""The company that the browser tests look at: real processes, and a story so far."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.browser import patient_trainer
from tests.installation import Installation
from tests.services import accepts_connections, free_port, wait_until

PASSWORD = "a password for tests"
SECRET_KEY = "known to everybody who reads the tests, and long"


class Company:
    """A running Preciso; ``known`` names the rows that pages are about."""

    def __init__(self, folder: Path) -> None:
        here = f"env PYTHONPATH={settings.BASE_DIR} {sys.executable}"
        trainer = f"{here} -m {patient_trainer.__name__}"
        self.installation = Installation(
            folder,
            LOCAL_TRAINING_COMMAND=trainer,
            SECRET_KEY=SECRET_KEY,
            PASSWORD_AGAIN_MINUTES="600",  # however long the tests take
        )
        self.known: dict[str, Any] = {}

    def start(self) -> None:
        job = self.tell(f"first_start({PASSWORD!r})")
        self.address = self.start_web()
        self.installation.start_worker()
        for act in ("first_model()", "second_model()"):
            self.installation.wait_for(job, "completed")
            job = self.tell(act)
        self.known = job

    def start_web(self, **environment: str) -> str:
        """One more web process of the same company; its address."""
        port, here = free_port(), self.installation
        usual, here.environment = here.environment, here.environment | environment
        here.start_web(port)
        here.environment = usual
        wait_until(lambda: accepts_connections(port), what="the web answering")
        return f"http://127.0.0.1:{port}"

    def tell(self, act: str) -> Any:
        """What an act of the story leads to."""
        return self.installation.run(
            f"from tests.browser import story\nanswer = story.{act}"
        )

    @contextmanager
    def a_training(self) -> Iterator[int]:
        """One that goes on for as long as the block; the number of its job."""
        go_on = self.installation.data_dir / patient_trainer.GO_ON
        job = self.tell("train_patiently()")
        try:
            self.installation.wait_for(job, "processing")
            yield job
        finally:
            go_on.touch()
            self.installation.wait_for(job, "completed", "canceled")
            go_on.unlink()

"""Real mortgage decisions to look around with, in a fresh installation."""

import csv
import tempfile
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from training.models import Case

SOURCE = Path(__file__).resolve().parents[2] / "demo" / "hmda.csv"
DECIDED, WAITING = 600, 40
STARTED, DONE = "started", "done"


class Command(BaseCommand):
    help = "Import the sample cases once, unless there are cases already."

    def handle(self, *args: Any, **options: Any) -> None:
        """Continue where an interrupted start left off; once done, never again."""
        note = Path(settings.DATA_DIR) / "sample-cases"
        state = note.read_text().strip() if note.exists() else ""
        if state == DONE or (not state and Case.objects.exists()):
            return
        note.write_text(STARTED)
        self.import_samples()
        note.write_text(DONE)

    def import_samples(self) -> None:
        with tempfile.TemporaryDirectory() as scratch, SOURCE.open(newline="") as file:
            rows = csv.reader(file)
            header = next(rows)
            decided = write_rows(Path(scratch, "decided.csv"), header, rows, DECIDED)
            waiting = write_rows(Path(scratch, "waiting.csv"), header, rows, WAITING)
            common = {"id_column": "application_id", "protected_column": ["afam"]}
            call_command(
                "import_cases",
                str(decided),
                decision_column="deny",
                replay_as="reviewer",
                **common,
            )
            call_command("import_cases", str(waiting), ignore_column=["deny"], **common)


def write_rows(
    path: Path, header: list[str], rows: Iterable[list[str]], count: int
) -> Path:
    """Write the header and the next rows to the file; returns its path."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *islice(rows, count)])
    return path

"""A benchmark runs its inside in a process of its own, on an empty installation."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run_inside(module: str, database_url: str, *arguments: str) -> None:
    """``python -m benchmarks.MODULE ARGUMENTS`` with a data directory of its own.

    ``database_url`` empty: SQLite. Raises CalledProcessError.
    """
    with tempfile.TemporaryDirectory(prefix="preciso-bench-") as folder:
        environment = {
            **os.environ,
            "PRECISO_DATA_DIR": folder,
            "SECRET_KEY": "benchmark" * 8,
            "TRAINING_JOBS_ENABLED": "on",
            "MLFLOW_TRACKING_URI": "off",
            "DJANGO_SETTINGS_MODULE": "preciso.settings",
            **({"DATABASE_URL": database_url} if database_url else {}),
        }
        command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)

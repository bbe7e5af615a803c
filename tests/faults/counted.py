"""A worker that reads the kernel's count of kills for memory from a file of the test.

    python -m tests.faults.counted FILE

A test may kill as the kernel does, but the kernel counts only its own kills.
"""

import os
import sys
from pathlib import Path

import django
from django.core.management import execute_from_command_line


def main(counter: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "preciso.settings")
    django.setup()
    from training.execution import memory

    memory.COUNTERS = (Path(counter),)
    execute_from_command_line(["manage.py", "run_huey"])


if __name__ == "__main__":
    main(sys.argv[1])

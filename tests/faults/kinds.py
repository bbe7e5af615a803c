"""A worker that knows one more kind of job: one that does nothing.

    python -m tests.faults.kinds

It registers the kind and then is the worker that ``manage.py run_huey`` is.
"""

import os

import django
from django.core.management import execute_from_command_line

NOOP = "noop"
SLOTS = 8


def register_noop() -> None:
    from training.execution.job_handlers import JobResult, register

    register(NOOP, lambda context: JobResult(), slots=lambda: SLOTS)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "preciso.settings")
    django.setup()
    register_noop()
    execute_from_command_line(["manage.py", "run_huey"])


if __name__ == "__main__":
    main()

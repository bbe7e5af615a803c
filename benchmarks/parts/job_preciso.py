"""Preciso's side of benchmarks/jobs.py: a worker that knows a no-op job, a submitter.

python -m benchmarks.parts.job_preciso worker | submit COUNT PAUSE
"""

import os
import sys

import django
from django.core.management import execute_from_command_line
from django.db import transaction

from benchmarks.parts.job_start_times import mark, submit_all

KIND, SLOTS = "noop", 4


def main(role: str, *numbers: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "preciso.settings")
    django.setup()
    from training import tasks
    from training.execution.job_handlers import Context, JobResult, register
    from training.models import PipelineJob

    def noop(context: Context) -> JobResult:
        mark(context.job.input["number"])
        return JobResult()

    def submit(number: int) -> None:
        with transaction.atomic():
            PipelineJob.objects.create(
                kind=KIND, flow="interactive", input={"number": number}
            )
            tasks.ring_after_commit()

    register(KIND, noop, slots=lambda: SLOTS)
    if role == "worker":
        execute_from_command_line(["manage.py", "run_huey"])
    else:
        submit_all(submit, int(numbers[0]), float(numbers[1]))


if __name__ == "__main__":
    main(*sys.argv[1:])

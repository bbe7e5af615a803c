"""One build's side of benchmarks/job_steps.py; it knows nothing of the one beside it.

    python job_steps_side.py JOBS

Makes a sealed dataset version and so many jobs that have ended; then does one round of
steps for each line that comes in, and prints their milliseconds as JSON.
"""

import json
import sys
import time
from typing import Any

SAMPLES, REPEATS, PIECE = 10, 10, 5000


def main(jobs: int) -> None:
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.utils import timezone

    from training.models import DatasetVersion, PipelineJob
    from training.services.datasets.versions import seal_version

    user = User.objects.create_superuser("bench")
    for number in range(SAMPLES):
        approve(a_case(f"first-{number}", user), user)
    seal_version(DatasetVersion.objects.open().get(), by=user)
    version = DatasetVersion.objects.sealed().get()
    now = timezone.now()
    for start in range(0, jobs, PIECE):
        PipelineJob.objects.bulk_create(
            PipelineJob(
                kind="train", flow="interactive", status="completed", attempt=1,
                rank_at=now, created_at=now, finished_at=now, created_by=user,
            )
            for _number in range(start, min(start + PIECE, jobs))
        )  # fmt: skip
    analyze()
    for round_number, _go in enumerate(sys.stdin):
        print(json.dumps(one_round(round_number, version, user)), flush=True)


def analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def a_case(name: str, user: Any) -> Any:
    from training.services.cases.intake import parse_case, post_case

    facts = [{"name": f"fact {n}", "value": n} for n in range(20)]
    facts.append({"name": "who", "value": name})
    return post_case(parse_case({"external_id": name, "facts": facts}), by=user)[0]


def approve(case: Any, user: Any) -> None:
    from training.services.cases import approvals

    # An older build calls it Verdict.
    review_input = getattr(approvals, "ReviewInput", None) or approvals.Verdict
    answer = review_input("yes", "Fact 1 is enough.", "", 0.9)
    approvals.approve_case(case, answer, by=user)


def one_round(number: int, version: Any, user: Any) -> dict[str, list[float]]:
    """Milliseconds of each step, several times over."""
    from training import execution
    from training.execution import claim_next, endings

    try:
        from training.execution.job_handlers import JobResult
    except ImportError:  # an older build calls it so
        from training.execution.job_handlers import Done as JobResult
    from training.services.runs.job_actions import cancel_job, retry_job
    from training.services.runs.submissions import RunRequest, submit_run

    times: dict[str, list[float]] = {}

    def timed(step: str, deed: Any) -> Any:
        started = time.perf_counter()
        answer = deed()
        times.setdefault(step, []).append((time.perf_counter() - started) * 1000)
        return answer

    def submit(turn: int) -> Any:
        arguments = {"seed": REPEATS * number + turn}
        request = RunRequest(version, trainer="command", training_args=arguments)
        return submit_run(request, by=user).job

    for turn in range(REPEATS):
        case = a_case(f"B-{number}-{turn}", user)
        timed("approve", lambda case=case: approve(case, user))
        job = timed("submit", lambda turn=turn: submit(turn))
        timed("cancel", lambda job=job: cancel_job(job, by=user))
        timed("retry", lambda job=job: retry_job(job, by=user))
        job = timed("claim", claim_next)
        timed("end", lambda job=job: endings.complete(job, JobResult()))
        timed("claim: nothing due", claim_next)
    submit(REPEATS)
    timed("a training of a second", execution.work)
    return times


if __name__ == "__main__":
    main(int(sys.argv[1]))

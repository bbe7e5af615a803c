"""Who gets a job, when many want one and messages are lost or doubled."""

import json
import time
import uuid

import pytest

from tests.faults import trainers
from tests.faults.snippets import (
    CANCEL,
    FLUSH,
    RING,
    assert_completed_once,
    submit,
    submit_many,
    traces,
)
from tests.services import wait_until

MAKE = """
from tests.faults.kinds import NOOP
from training.models import PipelineJob
jobs = [PipelineJob.objects.create(kind=NOOP, flow="batch") for _ in range({count})]
answer = [job.pk for job in jobs]
"""
CLAIM = """
import json
from tests.faults.kinds import register_noop
from training.execution import claim_next, endings
from training.models import PipelineJob
from training.execution.job_handlers import JobResult
register_noop()
claimed = []
while (job := claim_next()) or PipelineJob.objects.active().exists():
    if job:
        claimed.append(job.pk)
        endings.complete(job, JobResult())
print("CLAIMED", json.dumps(claimed))
"""
PROCESSES = 8

pytestmark = pytest.mark.long


def test_of_eight_processes_each_job_is_claimed_by_one(installation):
    jobs = installation.run(MAKE.format(count=1000))
    racers = [installation.start(CLAIM) for _ in range(PROCESSES)]
    outputs = [racer.communicate(timeout=150)[0] for racer in racers]
    assert all(racer.returncode == 0 for racer in racers), outputs
    claimed = []
    for output in outputs:
        line = next(li for li in output.splitlines() if li.startswith("CLAIMED "))
        claimed += json.loads(line.removeprefix("CLAIMED "))
    assert sorted(claimed) == sorted(jobs)
    assert "database is locked" not in "".join(outputs)


def test_twenty_jobs_whose_messages_were_lost_are_run(installation):
    installation.environment |= {
        "LOCAL_TRAINING_COMMAND": trainers.GOOD,
        "TRAIN_SLOTS": "4",
    }
    jobs = submit_many(installation, 20)
    assert installation.run(FLUSH) > 0
    installation.start_worker()
    for job in jobs:
        installation.wait_for(job, "completed", "failed")
    for trace in traces(installation, jobs):
        assert_completed_once(trace)


def test_the_same_message_fifty_times_is_one_attempt(installation):
    installation.environment |= {
        "LOCAL_TRAINING_COMMAND": trainers.slow(0.5),
        "TRAIN_SLOTS": "4",
    }
    job = submit(installation)
    installation.run(RING.format(times=50))
    installation.start_worker()
    installation.start_worker()
    installation.wait_for(job, "completed", "failed")
    wait_until(
        lambda: installation.run(
            "from huey.contrib.djhuey import HUEY\nanswer = not HUEY.pending_count()"
        ),
        what="every message being heard",
    )
    (trace,) = traces(installation, [job])
    assert trace["attempt"] == 1
    assert_completed_once(trace)


def test_two_clients_that_send_one_submission_again_and_again_make_one_job(
    installation,
):
    installation.environment["LOCAL_TRAINING_COMMAND"] = trainers.GOOD
    key = uuid.uuid4().hex
    again = f"""
from django.contrib.auth.models import User
from training.models import DatasetVersion
from training.services.runs.submissions import RunRequest, submit_run
request = RunRequest(DatasetVersion.objects.sealed().get(), trainer="command")
alice = User.objects.get()
keyed = [submit_run(request, by=alice, idempotency_key="{key}") for _ in range(10)]
derived = [submit_run(request, by=alice) for _ in range(10)]
print("RUNS", sorted({{run.pk for run in keyed}}), sorted({{r.pk for r in derived}}))
"""
    clients = [installation.start(again) for _ in range(3)]
    outputs = [client.communicate(timeout=60)[0] for client in clients]
    run_lines = {
        li for out in outputs for li in out.splitlines() if li.startswith("RUNS")
    }
    assert len(run_lines) == 1, outputs
    assert installation.row("SELECT COUNT(*) FROM training_pipelinejob") == (2,)


@pytest.mark.redis
@pytest.mark.postgres
@pytest.mark.parametrize("installation", ["postgres"], indirect=True)
@pytest.mark.parametrize("trouble", ["stop", "freeze"])
def test_jobs_submitted_while_redis_is_away_are_run(installation, broker, trouble):
    installation.environment |= {
        "LOCAL_TRAINING_COMMAND": trainers.GOOD,
        "TRAIN_SLOTS": "4",
        "REDIS_URL": broker.url,
    }
    installation.start_worker()
    first = submit(installation)
    installation.wait_for(first, "completed", "failed")

    getattr(broker, trouble)()
    began = time.monotonic()
    answers = [installation.run(POST.format(key=uuid.uuid4().hex)) for _ in range(3)]
    waited = time.monotonic() - began
    assert [status for status, _ in answers] == [202] * 3, answers
    assert waited < 30, "a person waits for a broker that is away"
    canceled = submit(installation)
    assert installation.run(CANCEL.format(job=canceled)) == "canceled"
    time.sleep(5)  # the outage, longer than a sweep
    broker.start()

    jobs = [int(job) for _, job in answers]
    for job in jobs:
        installation.wait_for(job, "completed", "failed")
    for trace in traces(installation, jobs):
        assert_completed_once(trace)


POST = """
from django.contrib.auth.models import User
from django.test import Client
from training.models import DatasetVersion
from training.services.people.tokens import create_token
_, secret = create_token(User.objects.get(), by=None)
version = DatasetVersion.objects.sealed().get()
response = Client(raise_request_exception=False).post(
    "/api/v1/training/run",
    {{"dataset_version_id": str(version.pk), "trainer": "command"}},
    content_type="application/json",
    headers={{
        "host": "localhost",
        "authorization": "Bearer " + secret,
        "idempotency-key": "{key}",
    }},
)
answer = [response.status_code, response.json().get("job_id", response.json())]
"""

"""A minute without Redis, for people who go on submitting over HTTP."""

import http.client
import json
import time
import uuid

import pytest

from tests.faults import trainers
from tests.faults.snippets import assert_completed_once, submit, traces
from tests.services import accepts_connections, free_port, wait_until

OUTAGE = 60  # seconds
PATIENCE = 20  # seconds a client waits for its answer
TOKEN = """
from django.contrib.auth.models import User
from training.models import DatasetVersion
from training.services.people.tokens import create_token
version = DatasetVersion.objects.sealed().get()
answer = [create_token(User.objects.get(), by=None)[1], version.pk]
"""

pytestmark = [pytest.mark.long, pytest.mark.redis, pytest.mark.postgres]


class Client:
    """Speaks to the web process; a wait longer than PATIENCE fails the test."""

    def __init__(self, port, token):
        self.port, self.token = port, token

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=PATIENCE
        )
        headers = {
            "Host": "localhost",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": uuid.uuid4().hex,
        }
        try:
            connection.request(method, path, json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


@pytest.mark.parametrize("installation", ["postgres"], indirect=True)
def test_what_is_submitted_in_a_minute_without_redis_is_accepted_and_run(
    installation, broker
):
    installation.environment |= {
        "LOCAL_TRAINING_COMMAND": trainers.GOOD,
        "TRAIN_SLOTS": "4",
        "REDIS_URL": broker.url,
    }
    token, version = installation.run(TOKEN)
    port = free_port()
    installation.start_web(port)
    installation.start_worker()
    installation.wait_for(submit(installation), "completed", "failed")
    wait_until(lambda: accepts_connections(port), what="the web process listening")
    client, jobs = Client(port, token), []
    body = {"dataset_version_id": str(version), "trainer": "command"}

    broker.stop()
    over = time.monotonic() + OUTAGE
    while time.monotonic() < over:
        status, answer = client.ask("POST", "/api/v1/training/run", body)
        assert status == 202, (status, answer, installation.logs()[-3000:])
        jobs.append(int(answer["job_id"]))
        status, answer = client.ask("GET", f"/api/v1/pipeline/jobs/{jobs[-1]}")
        assert status == 200, (status, answer)
        time.sleep(1)
    broker.start()

    assert len(jobs) >= OUTAGE / PATIENCE
    for job in jobs:
        installation.wait_for(job, "completed", "failed", within=90)
    for trace in traces(installation, jobs):
        assert_completed_once(trace)

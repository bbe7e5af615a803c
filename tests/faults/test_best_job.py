"""One slot, two workers at once: the best due job gets it, whoever is quicker."""

import sqlite3
from contextlib import contextmanager

import psycopg
import pytest

from tests.services import wait_until

MAKE = """
from training.models import PipelineJob
answer = [
    PipelineJob.objects.create(kind="train", flow=flow).pk
    for flow in ("batch", "interactive", "auto")
]
"""
CLAIM = """
from training.execution import claim_next
job = claim_next()
print("CLAIMED", job and job.pk)
"""
TAKE = """
UPDATE training_pipelinejob SET status = 'processing', attempt = 1, slot = 'train:1',
lease_expires_at = '2100-01-01' WHERE id = {best}
"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

pytestmark = pytest.mark.long


@contextmanager
def first_worker(installation):
    """A connection that is in the middle of a transaction when the other comes."""
    url = installation.environment.get("DATABASE_URL", "")
    if url:
        connection = psycopg.connect(url)
    else:
        path = installation.data_dir / "preciso.sqlite3"
        connection = sqlite3.connect(path, isolation_level=None, timeout=20)
        connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    finally:
        connection.close()


def claims_beside(installation, best, end):
    """What a second worker claims while a first one has the best job half claimed."""
    with first_worker(installation) as first:
        first.execute(TAKE.format(best=best))
        second = installation.start(CLAIM)
        if "DATABASE_URL" in installation.environment:
            wait_until(
                lambda: installation.row(WAITING) == (1,), what="the second's waiting"
            )
        first.execute(end)
        output, _ = second.communicate(timeout=60)
    return output.splitlines()[-1]


def test_the_second_worker_goes_empty_when_the_first_one_takes_the_slot(installation):
    _batch, best, _auto = installation.run(MAKE)
    assert claims_beside(installation, best, "COMMIT") == "CLAIMED None"
    assert installation.job(best)["status"] == "processing"


def test_the_second_worker_takes_the_best_job_when_the_first_one_fails(installation):
    _batch, best, _auto = installation.run(MAKE)
    assert claims_beside(installation, best, "ROLLBACK") == f"CLAIMED {best}"
    processing = installation.rows(
        "SELECT id FROM training_pipelinejob WHERE status = 'processing'"
    )
    assert processing == [(best,)]

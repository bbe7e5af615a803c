"""A real consumer process and real children, on both backends."""

import os
import signal

import pytest

from tests.faults import trainers
from tests.faults.snippets import (
    CANCEL,
    SET,
    assert_told_without_gaps,
    submit,
    submit_many,
    traces,
)
from tests.installation import processes_with
from tests.services import wait_until


def test_a_submitted_job_is_run_by_the_worker(installation):
    installation.environment["LOCAL_TRAINING_COMMAND"] = trainers.GOOD
    installation.start_worker()
    ended = installation.wait_for(submit(installation), "completed", "failed")
    assert ended["status"] == "completed", ended
    assert ended["output"]["model_version_id"]


@pytest.mark.long
def test_a_job_submitted_before_any_worker_lived_is_run(installation):
    installation.environment["LOCAL_TRAINING_COMMAND"] = trainers.GOOD
    jobs = [submit(installation) for _ in range(2)]
    installation.start_worker()
    for job in jobs:
        assert (
            installation.wait_for(job, "completed", "failed")["status"] == "completed"
        )


def test_a_killed_worker_takes_its_trainer_along_and_the_job_is_retried(
    installation, tmp_path, mark
):
    command = trainers.stubborn(tmp_path, mark)
    installation.environment["LOCAL_TRAINING_COMMAND"] = command
    worker = installation.start_worker()
    job = submit(installation)
    wait_until(lambda: len(processes_with(mark)) >= 3, what="the trainer starting")

    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    wait_until(lambda: not processes_with(mark), what="the trainer ending")

    installation.environment["LOCAL_TRAINING_COMMAND"] = trainers.GOOD
    installation.start_worker()
    ended = installation.wait_for(job, "completed", "failed", "dead_letter")
    assert (ended["status"], ended["attempt"]) == ("completed", 2), ended


@pytest.mark.long
def test_cancel_ends_a_trainer_that_does_not_listen(installation, tmp_path, mark):
    command = trainers.stubborn(tmp_path, mark)
    installation.environment["LOCAL_TRAINING_COMMAND"] = command
    installation.start_worker()
    job = submit(installation)
    wait_until(lambda: len(processes_with(mark)) >= 3, what="the trainer starting")
    installation.run(CANCEL.format(job=job))
    ended = installation.wait_for(job, "canceled", "failed", "completed")
    assert (ended["status"], ended["reason"]) == ("canceled", "canceled_by_person")
    wait_until(lambda: not processes_with(mark), what="the trainer ending")


@pytest.mark.long
def test_a_worker_asked_to_stop_gives_its_job_back_and_leaves(
    installation, tmp_path, mark
):
    command = trainers.stubborn(tmp_path, mark)
    installation.environment["LOCAL_TRAINING_COMMAND"] = command
    worker = installation.start_worker()
    job = submit(installation)
    wait_until(lambda: len(processes_with(mark)) >= 3, what="the trainer starting")
    worker.terminate()
    worker.wait(timeout=15)
    given_back = installation.job(job)
    assert (given_back["status"], given_back["reason"]) == (
        "retrying",
        "worker_stopped",
    )
    assert not processes_with(mark)


@pytest.mark.long
def test_a_worker_asked_to_stop_lets_a_job_finish_that_is_nearly_done(
    installation, mark
):
    installation.environment |= {
        "LOCAL_TRAINING_COMMAND": trainers.slow(2, mark),
        "JOB_CANCEL_GRACE_SECONDS": "16",
    }
    worker = installation.start_worker()
    job, waiting = submit_many(installation, 2)
    wait_until(lambda: processes_with(mark), what="the trainer starting")
    worker.terminate()
    worker.wait(timeout=20)
    assert installation.job(job)["status"] == "completed"
    assert installation.job(waiting)["status"] == "pending"


@pytest.mark.long
def test_a_job_that_takes_longer_than_it_may_is_ended_with_all_it_started(
    installation, tmp_path, mark
):
    installation.environment["LOCAL_TRAINING_COMMAND"] = trainers.stubborn(
        tmp_path, mark
    )
    job = submit(installation)
    installation.run(
        SET.format(jobs=[job], columns={"deadline_seconds": 2, "max_attempts": 1})
    )
    installation.start_worker()
    wait_until(lambda: len(processes_with(mark)) >= 3, what="the trainer starting")
    ended = installation.wait_for(job, "dead_letter", "failed", "completed")
    assert (ended["status"], ended["reason"]) == ("dead_letter", "timeout")
    wait_until(lambda: not processes_with(mark), what="the trainer ending")


@pytest.mark.long
def test_jobs_canceled_while_they_wait_are_never_started(installation, tmp_path):
    installation.environment["LOCAL_TRAINING_COMMAND"] = (
        f"sh -c 'touch {tmp_path}/started; kill -9 $$'"
    )
    retrying = submit(installation)
    worker = installation.start_worker()
    installation.wait_for(retrying, "retrying")
    installation.run(CANCEL.format(job=retrying))
    worker.terminate()
    worker.wait(timeout=15)
    (tmp_path / "started").unlink()

    pending, sentinel = submit_many(installation, 2)
    installation.run(CANCEL.format(job=pending))
    installation.environment["LOCAL_TRAINING_COMMAND"] = trainers.GOOD
    installation.start_worker()
    installation.wait_for(sentinel, "completed", "failed")

    assert not (tmp_path / "started").exists()
    for trace in traces(installation, [retrying, pending]):
        assert (trace["status"], trace["reason"]) == ("canceled", "canceled_by_person")
        assert trace["audited"].count("job.canceled") == 1
        assert_told_without_gaps(trace)

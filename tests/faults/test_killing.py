"""Processes that die or freeze at any moment, and what is left of their work."""

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress

import pytest

from tests.faults import trainers
from tests.faults.snippets import (
    SET,
    assert_completed_once,
    assert_told_without_gaps,
    submit,
    submit_many,
    traces,
)
from tests.installation import QUICK, processes_with
from tests.services import wait_until

JOBS = 100
KILLS = 15
STUCK_AFTER = 45  # seconds

pytestmark = pytest.mark.long


def still_active(installation, jobs):
    """(id, status, attempt) of those that have not ended."""
    return installation.rows(
        "SELECT id, status, attempt FROM training_pipelinejob "
        "WHERE status IN ('pending', 'processing', 'retrying') "
        f"AND id BETWEEN {min(jobs)} AND {max(jobs)}"
    )


class Reaper:
    """Kills a worker, a runner or a trainer now and then, and replaces workers.

    The same seed makes the same choices; which job they meet is up to the machine.
    """

    def __init__(self, installation, mark):
        self.seed = os.environ.get("PRECISO_TEST_SEED") or str(random.randrange(10**6))
        self.dice = random.Random(self.seed)
        print(f"PRECISO_TEST_SEED={self.seed} chooses so again")  # noqa: T201
        self.installation = installation
        self.mark = mark
        self.kills = Counter()
        self.wants_child = self.dice.random() < 0.5
        self.workers = [installation.start_worker() for _ in range(2)]

    def strike(self):
        """Whether it killed; a child must be there to be killed."""
        if not (self._kill_a_child() if self.wants_child else self._kill_a_worker()):
            return False
        self.wants_child = self.dice.random() < 0.5
        return True

    def _kill_a_child(self):
        children = processes_with(self.mark)
        with suppress(ProcessLookupError, IndexError):
            os.kill(self.dice.choice(sorted(children)), signal.SIGKILL)
            self.kills["child"] += 1
            return True
        return False

    def _kill_a_worker(self):
        victim = self.dice.randrange(len(self.workers))
        self.workers[victim].kill()
        self.workers[victim].wait()
        self.workers[victim] = self.installation.start_worker()
        self.kills["worker"] += 1
        return True


def test_a_hundred_jobs_survive_random_kills(installation, mark):
    installation.environment |= {
        "LOCAL_TRAINING_COMMAND": trainers.slow(0.4, mark),
        "TRAIN_SLOTS": "4",
    }
    jobs = submit_many(installation, JOBS)
    installation.run(SET.format(jobs=jobs, columns={"max_attempts": 20}))
    reaper = Reaper(installation, mark)
    running_since = {}
    deadline, next_strike = time.monotonic() + 150, time.monotonic() + 2
    while active := still_active(installation, jobs):
        now = time.monotonic()
        assert now < deadline, (active, installation.logs()[-3000:])
        running = {(job, n) for job, status, n in active if status == "processing"}
        running_since = {key: running_since.get(key, now) for key in running}
        assert all(now - since < STUCK_AFTER for since in running_since.values())
        if now >= next_strike and reaper.kills.total() < KILLS and reaper.strike():
            next_strike = now + reaper.dice.uniform(0.5, 2.0)
        time.sleep(0.1)
    assert reaper.kills.total() >= 5, reaper.kills
    histories = traces(installation, jobs)
    assert len(histories) == JOBS
    for trace in histories:
        assert_completed_once(trace)
    assert any(trace["attempt"] > 1 for trace in histories)
    wait_until(lambda: not processes_with(mark), what="every trainer ending")


def freeze(worker, installation):
    """Whether it is frozen now; never inside a write, which stops all on SQLite."""
    os.kill(worker.pid, signal.SIGSTOP)
    if not installation.can_be_written():
        os.kill(worker.pid, signal.SIGCONT)
        return False
    return True


def test_a_frozen_worker_that_wakes_up_changes_nothing(installation, tmp_path, mark):
    installation.environment["LOCAL_TRAINING_COMMAND"] = trainers.slow(2, mark)
    zombie = installation.start_worker()
    job = submit(installation)
    wait_until(lambda: processes_with(mark), what="the trainer starting")
    wait_until(lambda: freeze(zombie, installation), what="freezing outside a write")

    installation.environment["LOCAL_TRAINING_COMMAND"] = trainers.GOOD
    installation.start_worker()
    ended = installation.wait_for(job, "completed", "failed", "dead_letter")
    wait_until(lambda: not processes_with(mark), what="the first trainer ending")
    os.kill(zombie.pid, signal.SIGCONT)
    wait_until(
        lambda: traces(installation, [job])[0]["notes"], what="the late write's note"
    )

    (trace,) = traces(installation, [job])
    assert ended["attempt"] == 2
    assert [attempt for attempt, _ in trace["notes"]] == [1]
    assert installation.job(job) == ended
    assert_completed_once(trace)


def test_a_worker_that_dies_at_once_every_time_ends_in_the_dead_letters(
    installation, tmp_path, mark
):
    installation.environment["LOCAL_TRAINING_COMMAND"] = trainers.slow(300, mark)
    job = submit(installation)
    installation.run(SET.format(jobs=[job], columns={"max_attempts": 2}))
    for _attempt in range(2):
        worker = installation.start_worker()
        wait_until(lambda: processes_with(mark), within=40, what="the trainer starting")
        worker.kill()
        worker.wait()
        wait_until(lambda: not processes_with(mark), what="the trainer ending")
    installation.start_worker()
    ended = installation.wait_for(job, "dead_letter", "completed")
    assert (ended["reason"], ended["attempt"]) == ("worker_lost", 2)
    (trace,) = traces(installation, [job])
    assert trace["published"] == 0
    assert_told_without_gaps(trace)


def test_with_the_default_settings_a_lost_job_is_seen_within_45_seconds(
    installation, mark
):
    for name in QUICK:
        del installation.environment[name]
    installation.environment["LOCAL_TRAINING_COMMAND"] = trainers.slow(300, mark)
    worker = installation.start_worker()
    job = submit(installation)
    wait_until(lambda: processes_with(mark), what="the trainer starting")
    installation.environment["LOCAL_TRAINING_COMMAND"] = trainers.GOOD
    installation.start_worker()

    worker.kill()
    worker.wait()
    row = installation.wait_for(job, "retrying", "completed", within=STUCK_AFTER)
    assert row["reason"] in ("worker_lost", "")
    installation.wait_for(job, "completed", within=15)
    (trace,) = traces(installation, [job])
    assert trace["attempts"][0] == [1, "retrying", "worker_lost"]
    assert_completed_once(trace)

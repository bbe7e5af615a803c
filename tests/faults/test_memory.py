"""A trainer that asks for more memory than there is, and what its job says then."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.faults import trainers
from tests.faults.snippets import SET, assert_told_without_gaps, submit, traces
from tests.installation import processes_with
from tests.services import wait_until

GREEDY = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
print("asking for 8 GiB", flush=True)
bytearray(8 << 30)
"""

pytestmark = pytest.mark.long


def submit_once(installation):
    job = submit(installation)
    installation.run(SET.format(jobs=[job], columns={"max_attempts": 1}))
    return job


def test_a_trainer_that_runs_out_of_memory_says_so(installation, tmp_path):
    script = tmp_path / "greedy.py"
    script.write_text(GREEDY)
    installation.environment["LOCAL_TRAINING_COMMAND"] = f"{sys.executable} {script}"
    job = submit_once(installation)
    installation.start_worker()
    ended = installation.wait_for(job, "dead_letter", "failed", "completed")
    assert (ended["status"], ended["reason"]) == ("dead_letter", "out_of_memory")
    assert "MemoryError" in ended["trace"]


@pytest.mark.parametrize(
    ("count", "reason"), [(4, "out_of_memory"), (3, "trainer_killed")]
)
def test_a_killed_trainer_says_whether_it_was_for_memory(
    installation, tmp_path, mark, count, reason
):
    counter = tmp_path / "memory.events"
    counter.write_text("oom 9\noom_kill 3\n")
    installation.environment["LOCAL_TRAINING_COMMAND"] = trainers.slow(300, mark)
    job = submit_once(installation)
    installation.start_worker(("-m", "tests.faults.counted", str(counter)))
    trainer = wait_until(lambda: the_trainer(mark), what="the trainer starting")
    counter.write_text(f"oom 9\noom_kill {count}\n")
    os.kill(trainer, signal.SIGKILL)
    ended = installation.wait_for(job, "dead_letter", "failed", "completed")
    assert (ended["status"], ended["reason"]) == ("dead_letter", reason)
    (trace,) = traces(installation, [job])
    assert trace["attempts"] == [[1, "dead_letter", reason]]
    assert_told_without_gaps(trace)


@pytest.mark.skipif(
    not Path("/proc/self/oom_score_adj").exists(),
    reason="this kernel keeps no score for it",
)
def test_when_memory_runs_out_the_trainer_goes_before_its_worker(installation, mark):
    installation.environment["LOCAL_TRAINING_COMMAND"] = trainers.slow(300, mark)
    worker = installation.start_worker()
    submit(installation)
    trainer = wait_until(lambda: the_trainer(mark), what="the trainer starting")
    assert score(trainer) > score(worker.pid)


def score(pid):
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


def the_trainer(mark):
    """The shell that the runner has started; the runner names the same command."""
    shells = [pid for pid in processes_with(mark) if name(pid) == "sh"]
    return shells[0] if shells else None


def name(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""

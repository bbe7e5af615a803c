"""A trainer that writes 200 MB to its log, beside one that writes nothing."""

import gzip
import sys

import pytest

from tests.faults.snippets import submit_many, traces
from tests.services import wait_until

LINE = "0123456789" * 10  # with its newline 101 bytes
LINES = 2_000_000
GROWTH = 64 * 1024  # KiB
QUIET_SECONDS = 12

pytestmark = pytest.mark.long

TALKER = f"""
import os, pathlib, sys, time
if os.environ["PRECISO_JOB_ID"] == "QUIET":
    time.sleep({QUIET_SECONDS})
else:
    portion = "{LINE}\\n" * 1000
    for _ in range({LINES // 1000}):
        sys.stdout.write(portion)
    print("the last words", flush=True)
model = pathlib.Path(os.environ["PRECISO_OUTPUT_DIR"], "model")
model.mkdir()
(model / "model.json").write_text('{{"flavor": "none"}}')
"""


def memory(worker, what):
    """KiB of a process, as the kernel counts them."""
    with open(f"/proc/{worker.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(what))


def test_a_flood_of_output_neither_grows_the_worker_nor_costs_another_its_lease(
    installation, tmp_path
):
    script = tmp_path / "talker.py"
    installation.environment |= {
        "LOCAL_TRAINING_COMMAND": f"{sys.executable} {script}",
        "TRAIN_SLOTS": "2",
    }
    quiet, loud = submit_many(installation, 2)
    script.write_text(TALKER.replace("QUIET", str(quiet)))
    worker = installation.start_worker()
    wait_until(lambda: installation.job(loud)["status"] == "processing", what="a start")
    before = memory(worker, "VmRSS")
    installation.wait_for(loud, "completed", "failed", "retrying", within=90)
    installation.wait_for(quiet, "completed", "failed", "retrying", within=60)

    assert memory(worker, "VmHWM") - before < GROWTH
    for trace in traces(installation, [quiet, loud]):
        assert (trace["status"], trace["attempt"]) == ("completed", 1), trace
    stored_lines = installation.rows(
        f"SELECT text FROM training_joblogline WHERE job_id = {loud} ORDER BY seq"
    )
    assert len(stored_lines) == 10_000 + 1 + 2_000
    assert stored_lines[10_000][0].startswith("... 1,988,001 lines are left out here")
    assert stored_lines[-1] == ("the last words",)
    (log_file,) = installation.data_dir.glob(f"artifacts/logs/job-{loud}/*.gz")
    with gzip.open(log_file) as log:
        assert sum(1 for _ in log) == LINES + 1

"""`manage.py demo`, as `make demo` runs it: the whole loop with real processes."""

import os
import re
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mlops.demo.applications import applications, as_csv
from mlops.demo.printer import Printer
from tests.services import wait_until

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def demo(tmp_path):
    """Starts the demo; whatever is left of it is ended afterwards."""
    started = []

    def start():
        with (tmp_path / "output").open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "demo"],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=heed_interrupts,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(tmp_path / "no home"),
                    "TMPDIR": str(tmp_path),
                    "SECRET_KEY": secrets.token_urlsafe(50),
                    # Somebody's real installation, which the demo must not touch.
                    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/production",
                },
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
    for pid in processes_in(tmp_path):
        os.kill(pid, signal.SIGKILL)


def heed_interrupts():
    """A shell has what it starts in the background ignore them, and so the suite."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def processes_in(tmp_path):
    """Everything that runs with a data directory below this one."""
    needle = f"PRECISO_DATA_DIR={tmp_path}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and needle in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def said(tmp_path):
    return (tmp_path / "output").read_text()


@pytest.mark.long
@pytest.mark.mlflow
def test_the_demo_plays_the_whole_loop_and_leaves_nothing_behind(demo, tmp_path):
    process = demo()

    code = process.wait(timeout=300)

    text = said(tmp_path)
    assert code == 0, text
    assert text.splitlines()[-1] == "demo: ok"
    assert processes_in(tmp_path) == []
    assert list(tmp_path.glob("preciso-demo-*")) == []
    answers = re.findall(r"predict, (?:before|next request) +version (\d)", text)
    assert answers == ["1", "1", "2", "2", "1"]
    assert re.search(r"runs +2 of 2", text)
    assert re.search(r"audit chain +ok", text)


@pytest.mark.long
def test_an_interrupted_demo_ends_everything_it_started(demo, tmp_path):
    process = demo()
    wait_until(
        lambda: "signed in" in said(tmp_path), within=90, what="web and worker running"
    )
    assert processes_in(tmp_path)

    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=30) == 130
    assert processes_in(tmp_path) == []
    assert list(tmp_path.glob("preciso-demo-*")) == []


@pytest.mark.long
def test_a_demo_whose_processes_die_says_where_it_failed(demo, tmp_path):
    process = demo()
    wait_until(
        lambda: "signed in" in said(tmp_path), within=90, what="web and worker running"
    )

    for pid in processes_in(tmp_path):
        os.kill(pid, signal.SIGKILL)

    assert process.wait(timeout=90) == 1
    text = said(tmp_path)
    assert re.search(r"demo: failed in step \d+, ", text)
    assert "--- web" in text
    wait_until(lambda: processes_in(tmp_path) == [], what="the end of all processes")


def test_the_rows_are_the_two_thousand_decisions_with_their_columns_intact():
    rows = applications()

    assert len(rows) == 2000
    assert {row.decision for row in rows} == {"yes", "no"}
    assert as_csv(rows[:2]).decode().splitlines()[0].startswith("application_id,deny,")


def test_what_is_predicted_carries_neither_decision_nor_protected_attribute():
    case = applications()[0].as_prediction()

    names = {fact["name"] for fact in case["facts"]}
    assert case["external_id"] == "BOS-0002"
    assert names & {"deny", "afam", "application_id"} == set()
    assert {"name": "pirat", "value": 0.265} in case["facts"]


def test_a_step_that_fails_is_remembered_by_name():
    lines = []
    printer = Printer(lines.append)

    with pytest.raises(ValueError, match="broken"), printer.step("Do it"):
        raise ValueError("broken")

    assert printer.step_now == "step 1, Do it"
    assert " 1. Do it" in lines


def test_figures_and_tables_are_aligned():
    lines = []
    printer = Printer(lines.append)

    printer.figure("samples", 10)
    printer.table(["", "v1", "version 2"], [["auc", "0.8", "0.9"]])

    assert lines[0].index("10") == len("      ") + 26
    assert len(lines[1]) == len(lines[2])

import os
import signal
import sys
from pathlib import Path

import pytest

from preciso.processes import Child, stop_all
from tests.services import wait_until

SLEEP = "import time; time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
PARENT = f"""
import pathlib, subprocess, sys
grandchild = subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
print(grandchild.pid, flush=True)
{SLEEP}
"""


def alive(pid):
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def child_of(tmp_path):
    children = []

    def make(code):
        child = Child(
            "test",
            [sys.executable, "-c", code],
            values=dict(os.environ),
            log=tmp_path / "log" / "child.log",
        )
        children.append(child)
        child.start()
        return child

    yield make
    stop_all(children, grace=0)


def printed(child):
    """The number that the child prints first."""
    return int(wait_until(lambda: child.log.read_text().strip(), what="a line"))


def test_child_writes_to_its_log_and_ends_with_its_code(child_of):
    child = child_of("print('hello'); raise SystemExit(3)")
    wait_until(child.has_ended)
    assert child.end() == 3
    assert child.log.read_text() == "hello\n"


def test_child_that_dies_is_started_again(child_of):
    child = child_of(f"import os; print(os.getpid(), flush=True); {SLEEP}")
    first = printed(child)

    os.kill(first, signal.SIGKILL)
    wait_until(child.keep_running, what="the restart")
    wait_until(lambda: len(child.log.read_text().split()) == 2, what="a second line")

    second = int(child.log.read_text().split()[1])
    assert second != first
    assert alive(second)


def test_what_a_dead_child_leaves_behind_is_ended_before_the_next_start(child_of):
    child = child_of(f"import os; print(os.getpid(), flush=True)\n{PARENT}")
    wait_until(lambda: len(child.log.read_text().split()) == 2, what="two lines")
    itself, grandchild = map(int, child.log.read_text().split())

    os.kill(itself, signal.SIGKILL)
    wait_until(child.has_ended)
    assert alive(grandchild)
    child.keep_running()

    wait_until(lambda: not alive(grandchild))


def test_stop_ends_grandchildren_and_the_deaf(child_of):
    parent, deaf = child_of(PARENT), child_of(DEAF)
    grandchild = printed(parent)

    stop_all([parent, deaf], grace=0.5)

    assert parent.has_ended()
    assert deaf.has_ended()
    wait_until(lambda: not alive(grandchild))


def test_log_that_grew_long_is_set_aside(tmp_path, monkeypatch, child_of):
    monkeypatch.setattr("preciso.processes.LONGEST_LOG", 3)
    first = child_of("print('first')")
    wait_until(first.has_ended)
    second = child_of("print('second')")
    wait_until(second.has_ended)
    assert (tmp_path / "log" / "child.log").read_text() == "second\n"
    assert (tmp_path / "log" / "child.old.log").read_text() == "first\n"

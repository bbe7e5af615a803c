"""Runs one trainer and ends it when its worker dies. Plain Python, no Django.

    python runner.py WORKER_PID GRACE_SECONDS COMMAND [ARGUMENT ...]

The worker starts this program in a session of its own, with the log file as output.
It polls who its parent is: a worker killed by SIGKILL cannot tell anyone, but its
children get another parent. (The kernel's parent-death signal would fire when the
*thread* that started us ends, and misses grandchildren.) Exit code: the trainer's, or
128 + the number of the signal that ended it; 127 when it could not be started.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time

POLL_SECONDS = 0.25
FIRST_TO_GO = 500  # of -1000 to 1000, see proc(5) on oom_score_adj
NOT_STARTED = 127


def end_group(grace: float) -> None:
    """SIGTERM to everything in our group, then SIGKILL, ourselves included."""
    os.killpg(0, signal.SIGTERM)
    time.sleep(grace)
    os.killpg(0, signal.SIGKILL)


def main(argv: list[str]) -> int:
    """Run the command; see the module's docstring."""
    worker, grace, command = int(argv[0]), float(argv[1]), argv[2:]
    # SIGTERM to the group is meant for the trainer; we stay until it has ended.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child = subprocess.Popen(  # noqa: S603  (the operator's own command)
            command, stdin=subprocess.DEVNULL, preexec_fn=_become_a_trainer
        )
    except OSError as refusal:
        print(f"cannot start {command[0]}: {refusal.strerror}", flush=True)  # noqa: T201
        return NOT_STARTED
    while True:
        try:
            code = child.wait(timeout=POLL_SECONDS)
        except subprocess.TimeoutExpired:
            if os.getppid() != worker:
                end_group(grace)
            continue
        return code if code >= 0 else 128 - code


def _become_a_trainer() -> None:
    """Hear signals; and when memory runs out, go before the worker, who can tell why.

    Where the kernel knows no such score, or it stands higher already, it stays.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "r+") as score:
        if int(score.read()) < FIRST_TO_GO:
            score.write(str(FIRST_TO_GO))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How a no-op job says when it began: one short line, appended to a file.

The same for Preciso and for the peers, so that it weighs the same. Standard library
only, for it runs in the peers' environment too.
"""

import os
import time
from pathlib import Path


def mark(number: int) -> None:
    """Say that the job with this number begins now."""
    line = f"{number} {time.time():.6f}\n".encode()
    file = os.open(os.environ["BENCH_MARKS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line)
    os.close(file)


def marks(path: Path) -> dict[int, float]:
    """When each job began first."""
    if not path.exists():
        return {}
    found: dict[int, float] = {}
    for line in path.read_text().splitlines():
        number, _space, moment = line.partition(" ")
        found.setdefault(int(number), float(moment))
    return found


def submit_all(submit, count: int, pause: float) -> None:  # type: ignore[no-untyped-def]
    """Submit ``count`` jobs and print when each was handed over."""
    for number in range(count):
        print(number, f"{time.time():.6f}", flush=False)
        submit(number)
        time.sleep(pause)

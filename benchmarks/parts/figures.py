"""Milliseconds, and how they are shown."""

import statistics
import time
from collections.abc import Callable
from typing import Any

HEADS = "".join(f"{head:>9}" for head in ("median", "p95", "max"))


def timed(act: Callable[[], Any]) -> float:
    """How many milliseconds it takes."""
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)


def show(what: str, times: list[float], aim: float = 0) -> None:
    """A line under ``HEADS``, and whether the p95 keeps to the aim."""
    ordered = sorted(times)
    last = len(ordered) - 1
    figures = (statistics.median(ordered), ordered[round(0.95 * last)], ordered[-1])
    line = f"{what:<50}" + "".join(f"{each:>9.2f}" for each in figures)
    words = f"  {'under' if figures[1] < aim else 'NOT under'} {aim:.0f}" if aim else ""
    print(line + words, flush=True)

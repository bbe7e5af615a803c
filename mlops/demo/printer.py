"""What the demo prints: numbered steps, aligned figures, plain words."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WIDTH = 76
NAME_WIDTH = 26


class Printer:
    """Numbers the steps and knows which one is going on."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._count = 0
        self._started = time.monotonic()
        self.step_now = "preparing"

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """One step; its figures are printed inside, its seconds at its end."""
        self._count += 1
        self.step_now = f"step {self._count}, {title}"
        self._write("")
        self._write(f"{self._count:2}. {title}")
        started = time.monotonic()
        yield
        self.figure("took", f"{time.monotonic() - started:.1f} s")

    def figure(self, name: str, value: object) -> None:
        self._write(f"      {name:<{NAME_WIDTH}}{value}")

    def table(self, head: list[str], rows: list[list[str]]) -> None:
        widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
        for row in [head, *rows]:
            first, *others = row
            cells = [
                f"{text:>{width}}"
                for text, width in zip(others, widths[1:], strict=True)
            ]
            self._write(
                f"      {first:<{max(widths[0], NAME_WIDTH - 2)}}  {'  '.join(cells)}"
            )

    def say(self, line: str) -> None:
        self._write(line)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"

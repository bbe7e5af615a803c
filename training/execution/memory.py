"""Whether the kernel killed something for memory: a counter, read before and after."""

from collections.abc import Iterator
from pathlib import Path

MEMBERSHIP = Path("/proc/self/cgroup")
GROUPS = Path("/sys/fs/cgroup")
MACHINE = Path("/proc/vmstat")
OUT_OF_MEMORY_WORDS = (  # in lower case, as they are looked for
    "memoryerror",
    "out of memory",
    "allocate memory",
    "bad_alloc",
    "cannot allocate vector",
    "memory allocation of",
)


def counters(membership: Path, groups: Path) -> Iterator[Path]:
    """Where the kernel counts, the nearest first: our control group, the machine.

    A line is ``0::/path`` where one hierarchy holds all (cgroup v2), and
    ``N:memory:/path`` where memory has its own (v1); see cgroups(7). In a container the
    path may be the host's, and the group stands at the root.
    """
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        _number, controllers, path = line.split(":", 2)
        if controllers == "":
            yield groups / path.strip("/") / "memory.events"
            yield groups / "memory.events"
        if "memory" in controllers.split(","):
            yield groups / "memory" / path.strip("/") / "memory.oom_control"
            yield groups / "memory" / "memory.oom_control"
    yield MACHINE


COUNTERS = tuple(counters(MEMBERSHIP, GROUPS))


def oom_kills() -> int:
    """How often the kernel has killed for memory so far; 0 where it does not tell."""
    for path in COUNTERS:
        try:
            lines = path.read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            name, _space, value = line.partition(" ")
            if name == "oom_kill" and value.isdigit():
                return int(value)
    return 0


def says_out_of_memory(lines: list[str]) -> bool:
    """Whether a program's last words are that it ran out of memory."""
    return any(word in line.lower() for line in lines for word in OUT_OF_MEMORY_WORDS)

"""Whether the kernel killed something for memory: a counter, read before and after."""

from pathlib import Path

# The group's own counter first (containers, systemd), then the machine's.
COUNTERS = (Path("/sys/fs/cgroup/memory.events"), Path("/proc/vmstat"))
SAYS_SO = (
    "MemoryError",
    "out of memory",
    "can't allocate memory",
    "Cannot allocate memory",
    "std::bad_alloc",
)


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
    return any(word in line for line in lines for word in SAYS_SO)

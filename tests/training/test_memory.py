"""Where the kernel says that it killed for memory, and how programs say it."""

import pytest

from training.execution import memory


def test_the_kernels_counter_is_read_where_there_is_one(tmp_path, monkeypatch):
    group, machine = tmp_path / "memory.events", tmp_path / "vmstat"
    monkeypatch.setattr(memory, "COUNTERS", (group, machine))
    assert memory.oom_kills() == 0
    machine.write_text("nr_free_pages 4\noom_kill 7\n")
    assert memory.oom_kills() == 7
    group.write_text("oom 3\noom_kill 2\noom_group_kill 0\n")
    assert memory.oom_kills() == 2


def test_last_words_about_memory_are_understood():
    assert memory.says_out_of_memory(["Traceback", "MemoryError"])
    assert memory.says_out_of_memory(["RuntimeError: CUDA out of memory."])
    assert memory.says_out_of_memory(["Error: cannot allocate vector of size 8 Gb"])
    assert not memory.says_out_of_memory(["remembering things", "ValueError"])


@pytest.mark.parametrize(
    ("membership", "nearest"),
    [
        ("0::/system.slice/preciso.service", "system.slice/preciso.service/{2}"),
        ("0::/", "{2}"),
        ("9:pids:/a\n4:cpu,memory:/pod/b\n0::/x", "memory/pod/b/{1}"),
        ("4:memory:/of/the/host\n1:cpu:/", "memory/{1}"),
    ],
)
def test_the_counter_of_our_own_group_goes_first(tmp_path, membership, nearest):
    own, groups = tmp_path / "membership", tmp_path / "groups"
    own.write_text(membership)
    there = groups / nearest.format("", "memory.oom_control", "memory.events")
    there.parent.mkdir(parents=True)
    there.touch()
    found = [path for path in memory.counters(own, groups) if path.exists()]
    assert found[0] == there
    assert found[-1] == memory.MACHINE

"""How much more work more input is, in the processor time of this process.

Never the wall clock, and never one figure alone: other programs take their turn, and
caches differ. What grows with the square is told from what grows in proportion.
"""

from collections.abc import Callable
from cProfile import Profile
from time import process_time

from django.db import connection
from django.test.utils import CaptureQueriesContext

GROWTH = 8
TOO_MUCH = 3 * GROWTH  # in proportion it is 8 times the work, with the square 64 times
FLOOR = 0.001  # seconds; shorter than this says nothing
TRIES = 4
TWICE = 2.3  # calls; what is done once for each request makes it less than two
FEW = 12  # statements that may come with another page, batch or savepoint


def counted(work: Callable[[], object]) -> tuple[int, int]:
    """Calls that the interpreter made, and statements that the database got."""
    profile = Profile()
    with CaptureQueriesContext(connection) as queries:
        answer = profile.runcall(work)
    assert getattr(answer, "status_code", 200) < 400, answer.content[:300]
    return sum(entry.callcount for entry in profile.getstats()), len(queries)


def spent(work: Callable[[], object]) -> float:
    begin = process_time()
    work()
    return max(process_time() - begin, FLOOR)


def grows_in_proportion(work: Callable[[int], object], size: int) -> bool:
    """Whether eight times the size is about eight times the work; tried again if no."""
    return prepared_grows_in_proportion(lambda n: lambda: work(n), size)


def prepared_grows_in_proportion(
    prepare: Callable[[int], Callable[[], object]], size: int
) -> bool:
    """The same of what ``prepare(size)`` returns; preparing it is not counted."""
    small = large = float("inf")
    for _try in range(TRIES):
        small = min(small, spent(prepare(size)))
        large = min(large, spent(prepare(GROWTH * size)))
        if large < TOO_MUCH * small:
            return True
    return False

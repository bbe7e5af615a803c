"""Death right before and right after each commit of everything that moves a job."""

import pytest

from tests.faults import trainers
from tests.faults.snippets import (
    assert_completed_once,
    assert_told_without_gaps,
    traces,
)

pytestmark = pytest.mark.long

WALK = "from tests.faults.mortal import walk\nanswer = walk({name!r})"


@pytest.mark.parametrize(
    ("name", "commits"), [("Work", 4), ("Submission", 1), ("Reaping", 1), ("Retry", 1)]
)
def test_whoever_dies_at_a_commit_the_job_completes_once(installation, name, commits):
    installation.environment["LOCAL_TRAINING_COMMAND"] = trainers.GOOD
    jobs = installation.run(WALK.format(name=name))
    assert len(jobs) >= 2 * commits
    for trace in traces(installation, jobs):
        assert_completed_once(trace)


def test_a_cancel_that_dies_at_a_commit_happened_whole_or_not_at_all(installation):
    installation.environment["LOCAL_TRAINING_COMMAND"] = trainers.GOOD
    jobs = installation.run(WALK.format(name="Cancel"))
    assert len(jobs) >= 2
    for trace in traces(installation, jobs):
        assert (trace["status"], trace["published"]) == ("canceled", 0)
        assert trace["audited"].count("job.canceled") == 1
        assert_told_without_gaps(trace)

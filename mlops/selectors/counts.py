"""The numbers beside the sections of the navigation."""

from mlops.selectors import dead_letters, ops
from mlops.selectors.common import cases_waiting
from training.models import PipelineJob


def waiting_counts() -> dict[str, int]:
    """What waits for a person or a worker, by section of the navigation."""
    return {
        "approvals": cases_waiting(),
        "jobs": PipelineJob.objects.active().count(),
        "ops": len(dead_letters.bad_ends()) + int(ops.hold() is not None),
    }

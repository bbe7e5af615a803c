"""The numbers beside the sections of the navigation."""

from mlops.selectors import dead_letters, ops
from training.models import Case, PipelineJob


def waiting_counts() -> dict[str, int]:
    """What waits for a person or a worker, by section of the navigation."""
    return {
        "approvals": Case.objects.awaiting_approval().count(),
        "jobs": PipelineJob.objects.active().count(),
        "ops": len(dead_letters.bad_ends()) + int(ops.hold() is not None),
    }

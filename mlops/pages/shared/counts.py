"""The numbers beside the sections of the navigation."""

from mlops.pages.shared import dead_letters, machinery
from mlops.pages.shared.common_reads import cases_waiting
from training.models import PipelineJob


def waiting_counts() -> dict[str, int]:
    """What waits for a person or a worker, by section of the navigation."""
    return {
        "approvals": cases_waiting(),
        "jobs": PipelineJob.objects.active().count(),
        "ops": len(dead_letters.bad_ends()) + int(machinery.hold() is not None),
    }

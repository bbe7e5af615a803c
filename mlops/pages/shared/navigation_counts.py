"""The numbers beside the sections of the navigation."""

from mlops.pages.shared import dead_letters, system_status
from mlops.pages.shared.request_reads import cases_waiting
from training.models import PipelineJob


def waiting_counts() -> dict[str, int]:
    """What waits for a person or a worker, by section of the navigation."""
    return {
        "approvals": cases_waiting(),
        "jobs": PipelineJob.objects.active().count(),
        "ops": len(dead_letters.bad_ends()) + int(system_status.hold() is not None),
    }

"""What several parts of one page ask: read once a request."""

from preciso.request_cache import read_once
from training.models import Case, DatasetVersion


@read_once
def cases_waiting() -> int:
    return Case.objects.awaiting_approval().count()


@read_once
def open_dataset() -> DatasetVersion | None:
    """The version that collects."""
    return DatasetVersion.objects.open().first()
